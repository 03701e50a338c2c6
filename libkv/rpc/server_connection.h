// One accepted connection: finds out what it speaks, moves bytes between wire and protocol.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "libkv/rpc/loop.h"
#include "libkv/rpc/protocol.h"
#include "libkv/rpc/timer_wheel.h"
#include "libkv/rpc/wire.h"

namespace kv::rpc {

class ServerWorker;

/// Both HTTP/2 and HTTP/1.1 come to one port (contract T2): ALPN decides, or the first bytes do.
/// While the socket takes no output, no input is read: a client that does not read its answers cannot make
/// the server hold more of them. Thread: the worker's loop.
class ServerConnection final : public Flushable, private WireEvents {
 public:
  ServerConnection(ServerWorker& worker, std::shared_ptr<Wire> wire, std::string peer);
  ~ServerConnection() override;

  void start();
  void flush() override;
  void drain();
  void end();
  /// At once. `reason` goes to the debug log.
  void close(std::string_view reason);

 private:
  void on_ready() override;
  void on_bytes(std::string_view bytes) override;
  void on_writable() override;
  void on_closed(std::string_view reason) override;

  void sniff(std::string_view bytes);
  void speak(std::unique_ptr<Protocol> protocol);
  void receive(std::string_view bytes);
  bool write_output();
  void linger();

  ServerWorker& worker_;
  std::shared_ptr<Wire> wire_;  // shared with its operations in flight
  const std::string peer_;
  std::unique_ptr<Protocol> protocol_;
  std::string first_bytes_;  // while they may still become HTTP/2's preface
  CallbackTimer timer_;      // handshake, then lingering
  bool lingering_ = false;
  bool closed_ = false;
  bool draining_ = false;
};

}  // namespace kv::rpc
