#include "libkv/rpc/block_cache.h"

#include <array>
#include <new>

namespace kv::rpc {
namespace {

constexpr std::size_t kStep = 64;  // sizes are rounded up to this
constexpr std::size_t kClasses = 32;
constexpr std::size_t kBlockBytesMax = kStep * kClasses;
constexpr std::size_t kCachedBytesMax = 4 << 20;  // per thread

#ifdef KVD_SANITIZED
constexpr bool kCaching = false;  // the sanitizers must see every release
#else
constexpr bool kCaching = true;
#endif

struct FreeBlock {
  FreeBlock* next;
};

struct Cache {
  Cache() = default;
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;
  ~Cache() {
    closed = true;
    for (FreeBlock* block : free) {
      while (block != nullptr) ::operator delete(std::exchange(block, block->next));
    }
  }

  std::array<FreeBlock*, kClasses> free{};
  std::size_t bytes = 0;
  bool closed = false;  // the thread ends; later destructors of it still give blocks back
};

constinit thread_local Cache cache;

std::size_t class_of(std::size_t bytes) {
  return bytes == 0 ? 0 : (bytes - 1) / kStep;
}

}  // namespace

void* take_block(std::size_t bytes) {
  if (!kCaching || bytes > kBlockBytesMax) return ::operator new(bytes);
  const std::size_t size_class = class_of(bytes);
  const std::size_t rounded = (size_class + 1) * kStep;
  Cache& own = cache;
  FreeBlock* block = own.free[size_class];
  if (block == nullptr) return ::operator new(rounded);
  own.free[size_class] = block->next;
  own.bytes -= rounded;
  return block;
}

void give_block(void* block, std::size_t bytes) noexcept {
  const std::size_t size_class = class_of(bytes);
  const std::size_t rounded = (size_class + 1) * kStep;
  Cache& own = cache;
  if (!kCaching || bytes > kBlockBytesMax || own.closed || own.bytes + rounded > kCachedBytesMax) {
    ::operator delete(block);
    return;
  }
  own.bytes += rounded;
  own.free[size_class] = new (block) FreeBlock{own.free[size_class]};
}

}  // namespace kv::rpc
