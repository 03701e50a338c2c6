#include "tools/common/join_token.h"

#include "libraft/base/base64.h"
#include "libraft/base/bytes.h"
#include "libraft/base/checksum.h"

namespace tools {
namespace {

using raft::ErrorCode;
using raft::fail;

constexpr std::string_view kKind = "kvd";
constexpr std::string_view kPrefix = "kvd1.";
constexpr std::size_t kChecksumBytes = 8;
constexpr std::size_t kTokenUrlsMax = 64;

raft::Error no_token(const std::string& what) {
  return {ErrorCode::kInvalidArgument, "token", what + "; copy all that kvctl member add printed"};
}

}  // namespace

std::string encode_join_token(const JoinToken& token) {
  std::string bytes;
  raft::ByteWriter writer(bytes);
  writer.u64(token.cluster);
  writer.u64(token.member);
  writer.bytes(token.name);
  writer.varint(token.peer_urls.size());
  for (const std::string& url : token.peer_urls) writer.bytes(url);
  writer.u64(raft::checksum(bytes));
  return std::string(kPrefix) + raft::base64_encode(bytes, raft::Base64::kUrl);
}

raft::Result<JoinToken> decode_join_token(std::string_view text) {
  if (text.size() > kJoinTokenBytesMax) return fail(no_token("is too long"));
  if (!text.starts_with(kPrefix)) {
    if (!text.starts_with(kKind)) return fail(no_token("is none of ours"));
    return fail(ErrorCode::kMismatch, "token",
                "is of a format that this version does not know; it begins with " + std::string(kPrefix));
  }
  const auto decoded = raft::base64_decode(text.substr(kPrefix.size()), raft::Base64::kUrl);
  const std::string_view bytes = decoded ? std::string_view(*decoded) : std::string_view();
  if (bytes.size() < kChecksumBytes) return fail(no_token("is cut short or mistyped"));
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksumBytes);
  raft::ByteReader sum(bytes.substr(body.size()));
  if (sum.u64() != raft::checksum(body)) return fail(no_token("is cut short or mistyped"));
  raft::ByteReader reader(body);
  JoinToken token;
  token.cluster = reader.u64();
  token.member = reader.u64();
  token.name = reader.bytes();
  const std::uint64_t urls = reader.varint();
  if (urls == 0 || urls > kTokenUrlsMax) reader.reject();
  for (std::uint64_t i = 0; i < urls && reader.ok(); ++i) token.peer_urls.emplace_back(reader.bytes());
  if (!reader.done()) return fail(no_token("is malformed"));
  return token;
}

}  // namespace tools
