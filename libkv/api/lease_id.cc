#include "libkv/api/lease_id.h"

#include <openssl/rand.h>

#include <cstring>
#include <limits>

namespace kv::api {

std::int64_t new_lease_id() {
  std::uint64_t bits = 0;
  do {
    unsigned char bytes[sizeof(bits)];
    if (RAND_bytes(bytes, sizeof(bytes)) != 1) return 0;
    std::memcpy(&bits, bytes, sizeof(bits));
    bits &= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  } while (bits == 0);
  return static_cast<std::int64_t>(bits);
}

}  // namespace kv::api
