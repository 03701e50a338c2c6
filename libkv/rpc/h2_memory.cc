#include "libkv/rpc/h2_memory.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <new>

#include "libkv/rpc/block_cache.h"

namespace kv::rpc {
namespace {

/// Stands before every block: nghttp2 does not tell the size when it frees.
struct alignas(std::max_align_t) Prefix {
  std::size_t bytes;  // with the prefix
};

Prefix* prefix_of(void* block) {
  return static_cast<Prefix*>(block) - 1;
}

void* allocate(std::size_t bytes, void*) {
  if (bytes > std::numeric_limits<std::size_t>::max() - sizeof(Prefix)) return nullptr;
  try {
    const std::size_t whole = bytes + sizeof(Prefix);
    return new (take_block(whole)) Prefix{whole} + 1;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void release(void* block, void*) {
  if (block == nullptr) return;
  Prefix* prefix = prefix_of(block);
  give_block(prefix, prefix->bytes);
}

void* allocate_zeroed(std::size_t count, std::size_t bytes, void*) {
  if (bytes != 0 && count > std::numeric_limits<std::size_t>::max() / bytes) return nullptr;
  void* block = allocate(count * bytes, nullptr);
  if (block != nullptr) std::memset(block, 0, count * bytes);
  return block;
}

void* reallocate(void* block, std::size_t bytes, void*) {
  if (block == nullptr) return allocate(bytes, nullptr);
  const std::size_t held = prefix_of(block)->bytes - sizeof(Prefix);
  if (bytes <= held) return block;
  void* larger = allocate(bytes, nullptr);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, block, held);
  release(block, nullptr);
  return larger;
}

}  // namespace

nghttp2_mem* h2_memory() {
  static nghttp2_mem memory{nullptr, allocate, release, allocate_zeroed, reallocate};
  return &memory;
}

}  // namespace kv::rpc
