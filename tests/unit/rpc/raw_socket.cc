#include "tests/unit/rpc/raw_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace kv::rpc::test {
namespace {

constexpr int kPatienceSeconds = 15;

void append_big_endian(std::string& out, std::uint32_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
}

/// HPACK's integer with a seven bit prefix (RFC 7541 section 5.1).
void append_length(std::string& out, std::size_t length) {
  constexpr std::size_t kPrefixMax = 127;
  if (length < kPrefixMax) {
    out.push_back(static_cast<char>(length));
    return;
  }
  out.push_back(static_cast<char>(kPrefixMax));
  for (length -= kPrefixMax; length >= 128; length /= 128)
    out.push_back(static_cast<char>(length % 128 + 128));
  out.push_back(static_cast<char>(length));
}

}  // namespace

RawSocket::RawSocket(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval patience{kPatienceSeconds, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

RawSocket::~RawSocket() {
  close(socket_);
}

bool RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawSocket::end() {
  shutdown(socket_, SHUT_WR);
}

bool RawSocket::read_some() {
  std::array<char, 65536> chunk;
  errno = 0;
  const ssize_t count = recv(socket_, chunk.data(), chunk.size(), 0);
  if (count <= 0) return false;
  received.append(chunk.data(), static_cast<std::size_t>(count));
  return true;
}

bool RawSocket::read_until(std::string_view text) {
  while (!received.contains(text)) {
    if (!read_some()) return false;
  }
  return true;
}

bool RawSocket::read_at_least(std::size_t bytes) {
  while (received.size() < bytes) {
    if (!read_some()) return false;
  }
  return true;
}

bool RawSocket::read_to_end() {
  while (read_some()) continue;
  return errno != EAGAIN && errno != EWOULDBLOCK;
}

std::string h2_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
  std::string frame;
  append_big_endian(frame, static_cast<std::uint32_t>(payload.size()), 3);
  frame.push_back(static_cast<char>(type));
  frame.push_back(static_cast<char>(flags));
  append_big_endian(frame, stream, 4);
  frame.append(payload);
  return frame;
}

std::string h2_preface() {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + h2_frame(kSettings, 0, 0, "");
}

std::string hpack(std::string_view name, std::string_view value) {
  std::string field(1, '\0');  // literal without indexing, new name
  append_length(field, name.size());
  field.append(name);
  append_length(field, value.size());
  field.append(value);
  return field;
}

std::string h2_call(std::uint32_t stream, std::string_view path, std::uint8_t flags) {
  const std::string block = hpack(":method", "POST") + hpack(":scheme", "http") + hpack(":path", path) +
                            hpack(":authority", "test") + hpack("content-type", "application/grpc") +
                            hpack("te", "trailers");
  return h2_frame(kHeaders, static_cast<std::uint8_t>(flags | kEndHeaders), stream, block);
}

}  // namespace kv::rpc::test
