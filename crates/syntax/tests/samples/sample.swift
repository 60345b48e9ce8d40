// Sessions.
import Foundation
import struct Combine.Just
@testable import Auth

/// How long a token lives.
public let lifetime: TimeInterval = 3600
private var names = [
    "access",
    "refresh",
]

typealias Handler = (Request) -> Void

/// A session.
@MainActor
open class Session<T: Token>: Base, Codable {
    static let shared = Session()
    @Published var count = 0
    var name: String {
        get { "name" }
        set { print(newValue) }
    }

    /// Makes one.
    public init(user: String, store: Store = Memory()) {
        self.user = user
        super.init()
    }

    deinit {
        store.close()
    }

    // Refreshes.
    @discardableResult
    func refresh(
        force: Bool,
        with token: T?
    ) async throws -> T {
        let local = 1
        func inner(_ x: Int) -> Int { x + local }
        guard let token else { throw SessionError.expired("key \(inner(1))") }
        return try await store.load(token)
    }

    subscript(index: Int) -> Token {
        tokens[index]
    }

    enum State: String, CaseIterable {
        case open, closed
        case failed = "failed"
    }
}

struct Point {
    let x, y: Int
    static func == (a: Point, b: Point) -> Bool { a.x == b.x }
}

protocol Store: AnyObject {
    associatedtype Key
    var size: Int { get }
    func load(_ key: Key) async throws -> Token
}

indirect enum SessionError: Error {
    case expired(String)
    case wrapped(Error)
}

extension Session: CustomStringConvertible where T: Equatable {
    var description: String { """
        session \(user)
        """ }
    func describe() {}
}

actor Registry {
    var all: [Session] = []
}

func main(args: [String]) -> Int {
    args.map { $0.count }.reduce(0, +)
}
