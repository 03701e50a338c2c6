#include "libkv/machine/ids.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

#include "libraft/base/bytes.h"
#include "libraft/base/check.h"

namespace kv {
namespace {

std::uint64_t sha1_head(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  RAFT_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
  return raft::read_big_endian({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace

std::uint64_t member_id(std::vector<std::string> peer_urls, const std::string& token) {
  std::sort(peer_urls.begin(), peer_urls.end());
  std::string text;
  for (const std::string& url : peer_urls) text += url;
  return sha1_head(text + token);
}

std::uint64_t member_id(std::vector<std::string> peer_urls, std::int64_t unix_seconds) {
  return member_id(std::move(peer_urls), std::to_string(unix_seconds));
}

std::uint64_t cluster_id(std::vector<std::uint64_t> member_ids) {
  std::sort(member_ids.begin(), member_ids.end());
  std::string text;
  for (std::uint64_t id : member_ids) raft::append_big_endian(text, id);
  return sha1_head(text);
}

}  // namespace kv
