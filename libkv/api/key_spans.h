// A set of keys given as ranges, asked for single keys.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string_view>

namespace kv::api {

/// The union of ranges, kept as disjoint spans, so that a hostile request of many ranges costs no more than a
/// sort. The texts must outlive it.
class KeySpans {
 public:
  /// `range_end` as in etcd's requests: empty = `key` alone; one zero byte = every key from `key` on; else
  /// [key, range_end).
  void add(std::string_view key, std::string_view range_end);
  void add(const KeySpans& other);
  [[nodiscard]] bool contains(std::string_view key) const;

 private:
  /// A place between keys: in front of `key`, or right behind it.
  struct Place {
    std::string_view key;
    bool behind = false;

    auto operator<=>(const Place&) const = default;
  };
  using End = std::optional<Place>;  // nothing: there is none

  void merge(Place first, End last);

  std::map<Place, End> spans_;  // disjoint: first place to end
};

}  // namespace kv::api
