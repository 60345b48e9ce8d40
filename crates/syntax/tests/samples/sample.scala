package com.example.auth

import scala.collection.mutable
import com.example.store.{Memory, File => FileStore, _}
import java.util.*

/** A session. */
@deprecated("old", "1.0")
abstract class Session[T <: Token](val user: String, store: Store = new Memory())
    extends Base(user)
    with Closeable {
  private val names: List[String] = List(
    "access",
    "refresh"
  )
  var count = 0
  lazy val token: T = load()
  type Key = String

  // Refreshes.
  @throws[IOException]
  override def refresh[K](force: Boolean)(implicit ctx: Context): Option[T] = {
    val local = 1
    def inner(x: Int): Int = x + local
    store.load(s"key ${inner(1)}").map(_.token)
  }

  def find(id: String): T
  def +(other: Session[T]): Session[T] = this
}

object Session {
  val Lifetime = 3600
  def apply(user: String): Session[Token] = new Session(user)
}

case class Point(x: Int, y: Int)

sealed trait Result
case object Empty extends Result

trait Store {
  def load(key: String): Option[Token]
  def size: Int = 0
}

object Main extends App {
  println("""raw
  text""")
}

enum Level(val label: String):
  case Debug extends Level("debug")
  case Info, Warn

given ordering: Ordering[Point] with
  def compare(a: Point, b: Point): Int = a.x - b.x

extension (text: String)
  def shout: String = text.toUpperCase

def topLevel(x: Int): Int =
  val y = x + 1
  y
