// Sessions.
using System;
using static System.Math;
using Json = System.Text.Json.JsonSerializer;
global using System.Collections.Generic;

namespace Example.Auth;

/// <summary>A session.</summary>
[Serializable, Obsolete("old")]
public abstract partial class Session<T> : Base<T>, IDisposable where T : class, new()
{
    /// <summary>How long it lives.</summary>
    public const int Lifetime = 3600;
    private static readonly Dictionary<string, Token> tokens = new()
    {
        ["a"] = new Token(),
    };
    int a, b = 2;

    public event EventHandler<TokenArgs>? Changed;

    /// <summary>Its name.</summary>
    public string Name { get; init; } = "web";
    public int Count => tokens.Count;
    public Token this[string key] => tokens[key];

    [JsonConstructor]
    public Session(Store store, int limit = 10) : base(store)
    {
        this.store = store ?? throw new ArgumentNullException(nameof(store));
    }

    ~Session() => Dispose();

    // Refreshes.
    [HttpGet("/refresh")]
    public async Task<Token> RefreshAsync<TKey>(
        TKey key,
        CancellationToken cancel = default)
        where TKey : notnull
    {
        int Local(int x) => x + 1;
        var text = $"key {key} {Local(1)}";
        await using var scope = Scope.Create(text);
        return await Load<Token>(key).ConfigureAwait(false);
    }

    protected abstract void Find(string id);
    public static bool operator ==(Session<T> a, Session<T> b) => a.Equals(b);
    public static implicit operator string(Session<T> s) => s.Name;

    public enum State : byte
    {
        Open,
        Closed = 2,
    }

    private struct Inner { public int X; }

    public delegate void Handler(object sender, EventArgs args);
}

public interface IStore
{
    Task<Token?> LoadAsync(string key);
    int Size { get; }
}

public record Point(int X, int Y)
{
    public double Length() => Sqrt(X * X + Y * Y);
}

public record struct Pair(int A, int B);

public static class Extensions
{
    public static string Shout(this string text) => text.ToUpper();
}
