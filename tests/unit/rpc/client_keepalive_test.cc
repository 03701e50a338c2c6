// A server that has gone silent, before our client.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <future>
#include <thread>

#include "libkv/rpc/client.h"
#include "tests/unit/rpc/support.h"

namespace kv::rpc {
namespace {

using std::chrono::milliseconds;

/// Says that it speaks HTTP/2, then takes everything and never says another word: as a process that is
/// stopped looks from outside.
class MuteServer {
 public:
  MuteServer() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, generic, size) != 0 || listen(listener_, 1) != 0) return;
    getsockname(listener_, generic, &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~MuteServer() {
    if (thread_.joinable()) thread_.join();
    close(listener_);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void run() const {
    const int connection = accept(listener_, nullptr, nullptr);
    constexpr std::array<char, 9> kSettings = {0, 0, 0, 4, 0, 0, 0, 0, 0};
    static_cast<void>(!write(connection, kSettings.data(), kSettings.size()));
    std::array<char, 4096> bytes{};
    while (read(connection, bytes.data(), bytes.size()) > 0) {
    }
    close(connection);
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST(ClientKeepalive, AStreamToASilentServerEnds) {
  const MuteServer server;
  const auto loop = ClientLoop::create();
  const auto channel = Channel::connect(*loop, {.host = "127.0.0.1",
                                                .port = server.port(),
                                                .keepalive_interval = milliseconds(50),
                                                .keepalive_timeout = milliseconds(50)});
  ASSERT_TRUE(channel);
  std::promise<Status> ended;
  const auto stream =
      (*channel)->stream("/a.B/C", {},
                         {.on_message = [](const std::string&) {},
                          .on_done = [&](Status status) { ended.set_value(std::move(status)); }});
  const Status status = ended.get_future().get();
  EXPECT_EQ(status.code, Code::kUnavailable);
  EXPECT_NE(status.message.find("no answer to a keepalive ping"), std::string::npos) << status.message;
  EXPECT_FALSE((*channel)->connected());
}

}  // namespace
}  // namespace kv::rpc
