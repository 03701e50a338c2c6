// A blocking TCP socket on the loopback interface that says whatever a test wants said. Reads give up at a
// deadline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libraft/net/frame.h"

namespace raft {

class RawSocket {
 public:
  /// Connects to 127.0.0.1:`port`.
  static RawSocket dial(std::uint16_t port);
  explicit RawSocket(int fd = -1);
  RawSocket(RawSocket&& other) noexcept;
  RawSocket& operator=(RawSocket&&) = delete;
  ~RawSocket();

  /// Stops at the first error: the other side may have hung up, and may.
  void send(std::string_view bytes);
  /// The body of the next frame, with its type; nothing when the other side hung up or took too long.
  struct Received {
    FrameType type;
    std::string body;
  };
  std::optional<Received> receive();
  /// True when the other side hung up, after whatever it sent before.
  bool hung_up();

 private:
  int fd_;
  FrameReader reader_{kFrameBodyBytesMax};
};

class RawListener {
 public:
  RawListener();
  ~RawListener();
  RawListener(const RawListener&) = delete;
  RawListener& operator=(const RawListener&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  RawSocket accept();

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

}  // namespace raft
