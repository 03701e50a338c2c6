// A client that says whatever bytes a test wants.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kv::rpc::test {

class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port);
  ~RawSocket();
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  /// False when the server no longer takes bytes.
  bool send(std::string_view bytes);
  /// No more input for the server.
  void end();
  /// Until `text` has come (true), or the connection ended or nothing came for long (false).
  bool read_until(std::string_view text);
  /// The same, until so much has come in all.
  bool read_at_least(std::size_t bytes);
  /// Everything until the server closes. False when it does not.
  bool read_to_end();

  std::string received;

 private:
  bool read_some();

  int socket_ = -1;
};

/// HTTP/2's client preface with empty SETTINGS.
std::string h2_preface();
std::string h2_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload);
/// HEADERS that open a call of `path`, without Huffman or indexing. `flags`: END_HEADERS is added.
std::string h2_call(std::uint32_t stream, std::string_view path, std::uint8_t flags = 0);
/// One literal header in HPACK.
std::string hpack(std::string_view name, std::string_view value);

enum H2FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
constexpr std::uint8_t kEndStream = 1;
constexpr std::uint8_t kEndHeaders = 4;

}  // namespace kv::rpc::test
