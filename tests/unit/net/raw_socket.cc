#include "tests/unit/net/raw_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <utility>

namespace raft {
namespace {

constexpr timeval kDeadline{.tv_sec = 60, .tv_usec = 0};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int tcp_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT_GE(fd, 0);
  EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kDeadline, sizeof kDeadline), 0);
  return fd;
}

}  // namespace

RawSocket RawSocket::dial(std::uint16_t port) {
  const int fd = tcp_socket();
  const sockaddr_in address = loopback(port);
  EXPECT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return RawSocket(fd);
}

RawSocket::RawSocket(int fd) : fd_(fd) {}
RawSocket::RawSocket(RawSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), reader_(std::move(other.reader_)) {}
RawSocket::~RawSocket() {
  if (fd_ >= 0) ::close(fd_);
}

void RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::optional<RawSocket::Received> RawSocket::receive() {
  while (true) {
    auto frame = reader_.next();
    if (!frame) return std::nullopt;
    if (*frame) return Received{(*frame)->type, std::string((*frame)->body)};
    const auto room = reader_.prepare();
    const ssize_t count = ::recv(fd_, room.data(), room.size(), 0);
    if (count <= 0) return std::nullopt;
    reader_.commit(static_cast<std::size_t>(count));
  }
}

bool RawSocket::hung_up() {
  char bytes[4096];
  while (true) {
    const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
    if (count == 0) return true;
    if (count < 0) return errno == ECONNRESET;
  }
}

RawListener::RawListener() : fd_(tcp_socket()) {
  sockaddr_in address = loopback(0);
  EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(fd_, 16), 0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
}

RawListener::~RawListener() {
  ::close(fd_);
}

RawSocket RawListener::accept() {
  const int fd = ::accept(fd_, nullptr, nullptr);
  EXPECT_GE(fd, 0);
  EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kDeadline, sizeof kDeadline), 0);
  return RawSocket(fd);
}

}  // namespace raft
