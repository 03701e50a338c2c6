#include "libkv/rpc/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "libraft/base/check.h"

namespace kv::rpc {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // 15: the largest window; 16: gzip's header, not zlib's
constexpr std::size_t kChunkBytes = 16384;

// zlib's input pointer is not const for historical reasons; it only reads.
Bytef* input_of(std::string_view bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

Inflated inflate_all(z_stream& stream, std::size_t bytes_max) {
  Inflated result{Inflated::Outcome::kOk, {}};
  std::array<char, kChunkBytes> chunk;
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = chunk.size();
    const int code = inflate(&stream, Z_NO_FLUSH);
    const std::size_t produced = chunk.size() - stream.avail_out;
    if (produced > bytes_max - result.bytes.size()) return {Inflated::Outcome::kTooLarge, {}};
    result.bytes.append(chunk.data(), produced);
    if (code == Z_STREAM_END) return result;
    if (code != Z_OK || (produced == 0 && stream.avail_in == 0)) return {Inflated::Outcome::kBroken, {}};
  }
}

}  // namespace

Inflated gunzip(std::string_view packed, std::size_t bytes_max) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindowBits) != Z_OK) return {Inflated::Outcome::kBroken, {}};
  stream.next_in = input_of(packed);
  stream.avail_in = static_cast<uInt>(packed.size());
  Inflated result = inflate_all(stream, bytes_max);
  if (stream.avail_in != 0 && result.outcome == Inflated::Outcome::kOk) {
    result = {Inflated::Outcome::kBroken, {}};
  }
  inflateEnd(&stream);
  return result;
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  RAFT_CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindowBits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  RAFT_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace kv::rpc
