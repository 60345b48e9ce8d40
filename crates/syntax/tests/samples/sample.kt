@file:JvmName("Sessions")

package com.example.auth

import kotlin.collections.List
import com.example.store.*
import com.example.Token as Tok

/** How long a token lives. */
const val LIFETIME = 3600L
private val names = listOf(
    "access",
    "refresh",
)
val String.shout: String
    get() = uppercase()

typealias Handler = (Request) -> Unit

/**
 * A session.
 */
@Serializable
open class Session<T : Token>(
    val user: String,
    private val store: Store = Memory(),
) : Base(user), Closeable by store {
    var count: Int = 0
        private set
    lateinit var token: T

    init {
        require(user.isNotEmpty()) { "no user" }
    }

    constructor(id: Int) : this("user $id") {
        count = id
    }

    // Refreshes.
    @Throws(IOException::class)
    override suspend fun refresh(
        force: Boolean,
    ): T? {
        val local = 1
        fun inner(x: Int) = x + local
        return store.load<T>("key ${inner(1)}") ?: throw IllegalStateException()
    }

    fun size() = store.size

    companion object {
        const val MAX = 10
        fun create(): Session<Token> = Session("x")
    }

    inner class Builder {
        fun build() = Unit
    }
}

data class Point(val x: Int, val y: Int)

sealed interface Result {
    object None : Result
    data class Some(val value: Int) : Result
}

interface Store {
    val size: Int
    fun load(key: String): Token?
}

enum class Level(val label: String) {
    DEBUG("debug"),
    INFO("info") {
        override fun show() = "i"
    };

    open fun show() = label
}

object Registry {
    val all = mutableListOf<Session<*>>()
}

annotation class Marker(val name: String)

/** An extension. */
fun Session<*>.describe(): String = """
    raw $user
""".trimIndent()

fun <T> List<T>.second(): T = this[1]

fun main() {
    val task = { x: Int -> x + 1 }
    runBlocking {
        Session<Token>("a").refresh(true)
    }
}
