// Members of a cluster in one process, over memory and a network of calls.
#pragma once

#include <gtest/gtest.h>
#include <leveldb/env.h>
#include <leveldb/helpers/memenv.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "libkv/server/replica_server.h"
#include "tests/support/local_network.h"
#include "tests/support/memory_log.h"

namespace kv::testing {

using namespace std::chrono_literals;
using WriteAnswer = std::expected<Outcome, RequestFailure>;
using ReadAnswer = std::expected<ReadView, RequestFailure>;

inline constexpr auto kPatience = 20s;
inline constexpr raft::EntryId kFirst{.index = raft::Index(1), .term = raft::Term(1)};

/// One member over an in-memory disk; may be stopped and started again on the same disk.
class TestMember {
 public:
  TestMember(raft::testing::LocalNetwork& network, std::uint64_t id, std::size_t members)
      : env_(leveldb::NewMemEnv(leveldb::Env::Default())), network_(network) {
    options_.cluster_id = 0xc1;
    options_.replica.self = raft::NodeId(id);
    options_.replica.tick = 2ms;
    options_.replica.seed = id;
    options_.request_timeout = 5000ms;
    for (std::uint64_t i = 1; i <= members; ++i) members_.push_back({.id = raft::NodeId(i)});
    // Entry 1 made the members: it is in no log.
    EXPECT_TRUE(log.append({.hard_state = raft::HardState{.term = kFirst.term}, .entries = {}}));
    EXPECT_TRUE(log.truncate_prefix(kFirst));
  }
  ~TestMember() { stop(); }

  void start() {
    log.reopen();
    MachineOptions machine_options{.env = env_.get(),
                                   .path = "/snap",
                                   .members = members_,
                                   .log_base = log.opened().base.index,
                                   .first = kFirst,
                                   .known_version = options_.known_version};
    machine_ = *Machine::open(machine_options);
    transport_ = network_.transport(self());
    options_.first_sequence += 1U << 20U;
    server = *ReplicaServer::start(options_, {&log, machine_.get(), transport_.get()},
                                   [](raft::LogLevel, std::string_view) {},
                                   {.failed = [this](const raft::Error& error) {
                                     failed_with = error.code;
                                     failed = true;
                                   }});
    network_.attach(self(), [this](raft::NodeId from, std::vector<raft::Message> messages) {
      server->receive(from, std::move(messages));
    });
  }
  void stop() {
    network_.attach(self(), {});
    server.reset();
    machine_.reset();
  }
  [[nodiscard]] raft::NodeId self() const { return options_.replica.self; }
  [[nodiscard]] bool leads() const { return server && server->status().leader == self(); }

  WriteAnswer write_once(const SessionTag& tag, Operation operation) {
    auto answer = std::make_shared<std::promise<WriteAnswer>>();
    server->write(std::move(operation), [answer](WriteAnswer got) { answer->set_value(std::move(got)); },
                  {.session = tag, .principal = {}});
    auto future = answer->get_future();
    EXPECT_EQ(future.wait_for(kPatience), std::future_status::ready);
    return future.get();
  }
  WriteAnswer write(Operation operation) {
    auto answer = std::make_shared<std::promise<WriteAnswer>>();
    server->write(std::move(operation), [answer](WriteAnswer got) { answer->set_value(std::move(got)); });
    auto future = answer->get_future();
    EXPECT_EQ(future.wait_for(kPatience), std::future_status::ready);
    return future.get();
  }
  WriteAnswer change(Operation operation) {
    auto answer = std::make_shared<std::promise<WriteAnswer>>();
    server->change_members(std::move(operation),
                           [answer](WriteAnswer got) { answer->set_value(std::move(got)); });
    auto future = answer->get_future();
    EXPECT_EQ(future.wait_for(kPatience), std::future_status::ready);
    return future.get();
  }
  /// Nothing when leadership has moved.
  std::optional<ServerError> move_leader(raft::NodeId target) {
    auto answer = std::make_shared<std::promise<std::optional<ServerError>>>();
    server->move_leader(target, [answer](std::expected<void, ServerError> got) {
      answer->set_value(got ? std::nullopt : std::optional(got.error()));
    });
    auto future = answer->get_future();
    EXPECT_EQ(future.wait_for(kPatience), std::future_status::ready);
    return future.get();
  }
  ReadAnswer read() {
    auto answer = std::make_shared<std::promise<ReadAnswer>>();
    server->read([answer](ReadAnswer got) { answer->set_value(std::move(got)); });
    auto future = answer->get_future();
    EXPECT_EQ(future.wait_for(kPatience), std::future_status::ready);
    return future.get();
  }
  using LeaseAsk = void (KvServer::*)(std::int64_t, LeaseDone);
  /// kv::KvServer::keep_alive or time_to_live.
  std::expected<LeaseAnswer, ServerError> ask(LeaseAsk what, std::int64_t lease) {
    auto answer = std::make_shared<std::promise<std::expected<LeaseAnswer, ServerError>>>();
    ((*server).*what)(lease, [answer](auto got) { answer->set_value(std::move(got)); });
    auto future = answer->get_future();
    EXPECT_EQ(future.wait_for(kPatience), std::future_status::ready);
    return future.get();
  }
  std::string get(const std::string& key) {
    const ReadAnswer view = read();
    if (!view) return "no view";
    const auto found = view->range(RangeOp{.key = key});
    return found && found->kvs.size() == 1 ? found->kvs[0].value : "nothing";
  }

  raft::testing::MemoryLog log;
  std::unique_ptr<ReplicaServer> server;
  std::atomic<bool> failed = false;
  std::atomic<raft::ErrorCode> failed_with{};  ///< once it has
  ReplicaServerOptions options_;
  std::vector<MemberInfo> members_;

 private:
  std::unique_ptr<leveldb::Env> env_;
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<raft::Transport> transport_;
  raft::testing::LocalNetwork& network_;
};

class Members : public ::testing::Test {
 protected:
  void start(std::size_t members) {
    for (std::size_t i = 1; i <= members; ++i) {
      members_.push_back(std::make_unique<TestMember>(network_, i, members));
    }
    for (auto& member : members_) member->start();
  }
  TestMember& leader() {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      for (auto& member : members_) {
        if (member->leads()) return *member;
      }
      std::this_thread::yield();
    }
    ADD_FAILURE() << "no leader";
    return *members_[0];
  }

  raft::testing::LocalNetwork network_;
  std::vector<std::unique_ptr<TestMember>> members_;
};

}  // namespace kv::testing
