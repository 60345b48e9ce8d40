// Package auth holds sessions.
package auth

import "fmt"

import (
	"net/http"
	j "encoding/json"
	_ "embed"

	. "github.com/example/dot/v2"
)

// Lifetime is how long a token lives.
const Lifetime = 3600

// Levels.
const (
	Debug Level = iota
	// Info is the default.
	Info
	Warn, Fatal = 3, 4
)

var (
	names = []string{
		"access",
		`raw
string`,
	}
	ErrExpired = errors.New("expired")
)

// Level is a level.
type Level int

type (
	// Session is a session.
	Session struct {
		http.Handler
		User  string `json:"user"`
		a, b  int
		inner struct{ x int }
	}

	Handler = http.Handler
)

// Store keeps tokens.
type Store interface {
	fmt.Stringer
	Load(key string) (*Session, error)
	Save(s *Session) error
}

type Set[K comparable, V any] map[K]V

type Option func(*Session)

// New makes a session.
func New(user string, options ...Option) *Session {
	local := func() int { return 1 }
	var other = local()
	s := &Session{User: user}
	for _, option := range options {
		option(s)
	}
	return s
}

// Refresh refreshes.
func (s *Session) Refresh(
	force bool,
) (err error) {
	defer s.close(func() { fmt.Println("closed") })
	return nil
}

func (s Set[K, V]) Len() int { return len(s) }

func Map[T, U any](items []T, f func(T) U) []U {
	result := make([]U, 0, len(items))
	return result
}

func external(x int) int
