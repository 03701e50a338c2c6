// Bytes as LevelDB and as everyone else calls them.
#pragma once

#include <leveldb/slice.h>

#include <string_view>

namespace kv {

inline leveldb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
inline std::string_view view(const leveldb::Slice& slice) {
  return {slice.data(), slice.size()};
}

}  // namespace kv
