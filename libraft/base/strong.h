// A number that is not interchangeable with other numbers.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <type_traits>

namespace raft {

/// A value of type T that only compares and mixes with values of the same Tag. No implicit conversions.
template <class T, class Tag>
class Strong {
 public:
  using Value = T;

  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(value) {}

  [[nodiscard]] constexpr T value() const { return value_; }
  constexpr auto operator<=>(const Strong&) const = default;

  /// The neighbours, for the types that count something (Index, Term).
  [[nodiscard]] constexpr Strong next() const { return Strong(value_ + 1); }
  [[nodiscard]] constexpr Strong previous() const { return Strong(value_ - 1); }

  constexpr Strong operator+(T distance) const { return Strong(value_ + distance); }
  constexpr Strong operator-(T distance) const { return Strong(value_ - distance); }
  /// The distance between two values; the caller knows which is larger.
  constexpr T operator-(Strong other) const { return value_ - other.value_; }

 private:
  T value_{};
};

}  // namespace raft

template <class T, class Tag>
struct std::hash<raft::Strong<T, Tag>> {
  std::size_t operator()(raft::Strong<T, Tag> strong) const noexcept {
    return std::hash<T>{}(strong.value());
  }
};
