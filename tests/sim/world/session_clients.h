// Clients that number their writes and send them again until they are told what became of them: to any
// member, early, late and doubled. What each is told is what must be so if every write was made once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/world/node.h"

namespace sim {

/// Thread: one.
class SessionClients {
 public:
  /// `choose`: the member that a client connects to now; null when that one is down.
  SessionClients(const Surroundings& around, std::function<Node*(Dice&)> choose);

  void start();
  void stop() { stopped_ = true; }
  /// What members tell.
  void answered(const kv::Applied& applied);

 private:
  /// Each has a key that nobody else writes, and knows its version.
  struct Client {
    kv::SessionId session;
    std::uint64_t sequence = 0;          // of the write under way, or of the last one
    std::optional<kv::Operation> write;  // under way
    std::uint32_t attempts = 0;          // of it
    std::string key;
    std::int64_t version = 0;       // of the key, before the write under way
    std::uint32_t writes_left = 0;  // of this session
  };
  struct Attempt {
    std::size_t client = 0;
    kv::SessionId session;
    std::uint64_t sequence = 0;
  };

  void go_on(std::size_t client, Micros typical);
  void act(std::size_t client);
  void open(std::size_t client, const Node& node);
  [[nodiscard]] kv::Operation draw(const Client& client);
  void send(std::size_t client, Node& node);
  void take(std::size_t client, const kv::Outcome& outcome);
  /// Whether a write was made once can be seen from what was there before it.
  [[nodiscard]] bool fits(Client& client, const kv::OperationResult& result) const;

  const Surroundings around_;
  const std::function<Node*(Dice&)> choose_;
  Dice dice_;
  std::vector<Client> clients_;
  std::map<std::uint64_t, Attempt> attempts_;
  std::uint64_t next_;
  std::uint64_t keys_ = 0;
  bool stopped_ = false;
};

}  // namespace sim
