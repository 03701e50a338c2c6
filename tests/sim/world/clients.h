// Clients that put, compare, read, delete and give up.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "libkv/machine/command.h"
#include "tests/sim/world/history.h"
#include "tests/sim/world/node.h"

namespace sim {

/// Thread: one.
class Clients {
 public:
  /// `choose`: the member that a client connects to now; null when that one is down.
  Clients(const Surroundings& around, std::function<Node*(Dice&)> choose);

  /// Every client works until stop().
  void start();
  void stop() { stopped_ = true; }

  /// One operation of no client in particular; its number.
  std::uint64_t write(Node& node, const kv::Operation& operation, Micros timeout);
  std::uint64_t read(Node& node, Micros timeout);
  /// A put of a fresh value under a key that the clients use.
  std::uint64_t put(Node& node, Micros timeout);
  [[nodiscard]] bool done(std::uint64_t number) const;
  [[nodiscard]] const History& history() const { return history_; }

  // What members tell.
  void answered(raft::NodeId node, const kv::Applied& applied);
  void reads_ready(Node& node, std::span<const std::uint64_t> tickets, const kv::ReadView& view);
  void gone(raft::NodeId node);

  /// The slow check of everything that happened.
  void check() { history_.check(around_.kv); }

 private:
  struct Client {
    std::uint64_t operation = 0;                   // under way; 0: none
    std::map<std::string, std::int64_t> versions;  // as seen last
    raft::NodeId node;
  };
  struct Waiting {
    std::size_t client;  // kNobody: of none
    raft::NodeId node;
    std::vector<std::string> keys;  // of a read
  };
  static constexpr std::size_t kNobody = ~std::size_t{0};

  void go_on(std::size_t client);
  void act(std::size_t client);
  std::uint64_t begin_write(Node& node, const kv::Operation& operation, Micros timeout, std::size_t client);
  std::uint64_t begin_read(Node& node, std::vector<std::string> keys, Micros timeout, std::size_t client);
  void expect(std::uint64_t number, Waiting waiting, Micros timeout);
  void give_up(std::uint64_t number);
  kv::Operation draw_operation(const Client& client);
  kv::Operation draw_txn(const Client& client);
  std::string draw_key() { return "k" + std::to_string(dice_.below(around_.options.load.keys)); }
  std::string fresh_value();
  void count_members(const kv::OperationResult& result);
  void look_back(raft::NodeId node, const kv::ReadView& view);
  void serve(Node& node, std::uint64_t ticket, const kv::ReadView& view);

  const Surroundings around_;
  const std::function<Node*(Dice&)> choose_;
  Dice dice_;
  History history_;
  std::vector<Client> clients_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::vector<std::string> keys_;
  std::uint64_t next_value_ = 1;
  bool stopped_ = false;
};

}  // namespace sim
