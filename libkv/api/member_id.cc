#include "libkv/api/member_id.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "libraft/base/bytes.h"
#include "libraft/base/check.h"

namespace kv::api {

std::uint64_t new_member_id(std::vector<std::string> peer_urls, std::int64_t unix_seconds) {
  std::sort(peer_urls.begin(), peer_urls.end());
  std::string text;
  for (const std::string& url : peer_urls) text += url;
  text += std::to_string(unix_seconds);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  RAFT_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
  return raft::read_big_endian({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace kv::api
