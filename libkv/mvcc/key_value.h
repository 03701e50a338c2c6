// One key as a client sees it.
#pragma once

#include <cstdint>
#include <string>

namespace kv {

/// A key at one revision (contract section 2.1).
struct KeyValue {
  std::string key;
  std::string value;
  std::int64_t create_revision = 0;  ///< the revision that created this generation
  std::int64_t mod_revision = 0;     ///< the revision of this version
  std::int64_t version = 0;          ///< 1 on creation, +1 with each put
  std::int64_t lease = 0;            ///< 0: none

  bool operator==(const KeyValue&) const = default;
};

}  // namespace kv
