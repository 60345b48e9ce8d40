// Sessions.
#pragma once
#include <vector>
#include "session.hpp"

#define EXPORT __attribute__((visibility("default")))

using namespace std;
using Names = std::vector<std::string>;
using std::string;

namespace auth::detail {

constexpr int kLimit = 10;

/// A session.
template <typename T, class Allocator = std::allocator<T>>
class EXPORT Session final : public Base<T>, private Noncopyable {
 public:
  using value_type = T;
  explicit Session(const T& value) : value_(value), store_{nullptr} {}
  virtual ~Session();
  Session(Session&&) = delete;

  /// Refreshes.
  [[nodiscard]] virtual bool refresh(bool force = false) const noexcept = 0;
  static Session* create(std::unique_ptr<Store> store);
  bool operator==(const Session& other) const { return value_ == other.value_; }
  operator bool() const { return true; }

  template <typename U>
  U convert(U (*f)(T)) { return f(value_); }

  struct Options {
    int limit = kLimit;
    std::string name;
  };

  enum class State : uint8_t { kOpen, kClosed };

 private:
  T value_;
  std::map<std::string, int> counts_;
  friend class Other;
};

template <>
class Session<void> {};

}  // namespace auth::detail

namespace {
int hidden() { return 1; }
}

/** Out of class. */
template <typename T>
bool auth::detail::Session<T>::refresh(bool force) const noexcept {
  auto callback = [this](int x) { return x + 1; };
  for (const auto& item : items()) {
    log("item", item);
  }
  return static_cast<bool>(make_unique<Store>(callback(1)));
}

Session::Session(int x)
    : value_(x) {
  store_ = new Store<int>(R"(raw)");
}

Session::~Session() = default;

std::ostream& operator<<(std::ostream& out, const Session& s) {
  return out << s.name();
}

concept Hashable = requires(T a) { hash(a); };

extern "C" int c_function(void);

static const std::map<int, const char*> kNames = {
    {1, "one"},
    {2, "two"},
};

struct Plain {
  int x = 0, y{1};
  Plain() = default;
  const std::string& name() const& { return name_; }
};
