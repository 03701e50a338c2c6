#include "tools/common/join_token.h"

#include <openssl/evp.h>

#include <algorithm>

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
constexpr std::string_view kBase64Letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string to_base64url(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

/// Empty when it is none.
std::string from_base64url(std::string text) {
  if (text.find_first_not_of(kBase64Letters) != std::string::npos || text.size() % 4 == 1) return {};
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  const std::size_t padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');
  std::string bytes(text.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < static_cast<int>(padding)) return {};
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

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
  return std::string(kPrefix) + to_base64url(bytes);
}

raft::Result<JoinToken> decode_join_token(std::string_view text) {
  if (text.size() > kJoinTokenBytesMax) return fail(no_token("is too long"));
  if (!text.starts_with(kPrefix)) {
    if (!text.starts_with(kKind)) return fail(no_token("is none of ours"));
    return fail(ErrorCode::kMismatch, "token",
                "is of a format that this version does not know; it begins with " + std::string(kPrefix));
  }
  const std::string bytes = from_base64url(std::string(text.substr(kPrefix.size())));
  if (bytes.size() < kChecksumBytes) return fail(no_token("is cut short or mistyped"));
  const std::string_view body = std::string_view(bytes).substr(0, bytes.size() - kChecksumBytes);
  raft::ByteReader sum(std::string_view(bytes).substr(body.size()));
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
