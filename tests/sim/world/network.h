// The network between members: late, lossy, repetitive, cut in two or one way.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "libraft/core/message.h"
#include "tests/sim/run/coverage.h"
#include "tests/sim/run/options.h"
#include "tests/sim/world/dice.h"
#include "tests/sim/world/event_queue.h"

namespace sim {

/// Thread: one.
class Network {
 public:
  using Deliver = std::function<void(raft::NodeId from, raft::NodeId to, std::vector<raft::Message>)>;

  Network(const NetworkOptions& options, std::uint64_t seed, EventQueue& queue, Coverage& coverage,
          Deliver deliver);

  void send(raft::NodeId from, raft::NodeId to, std::vector<raft::Message> messages);

  /// Nothing passes this way any more.
  void cut(raft::NodeId from, raft::NodeId to) { cut_.insert({from, to}); }
  void cut_both(raft::NodeId a, raft::NodeId b);
  void mend(raft::NodeId a, raft::NodeId b);
  void mend_all() { cut_.clear(); }
  /// Delivers to `to` once more, cut off or not, what a peer acknowledged to it in an earlier reign of its:
  /// routers and kernels may hold what was sent before a cut. False when nothing was kept.
  bool echo(raft::NodeId to);
  [[nodiscard]] bool is_cut(raft::NodeId from, raft::NodeId to) const { return cut_.contains({from, to}); }

  /// From now on; the scenarios and bad weather change it.
  void set_options(const NetworkOptions& options) { options_ = options; }
  [[nodiscard]] const NetworkOptions& options() const { return options_; }
  [[nodiscard]] std::uint64_t messages_sent() const { return messages_sent_; }

 private:
  using Way = std::pair<raft::NodeId, raft::NodeId>;
  struct Mail {
    Way way;
    std::vector<raft::Message> messages;
  };

  /// Acknowledgements that one member was sent, by its reign.
  struct Answers {
    raft::Term term;
    std::vector<std::pair<raft::NodeId, raft::AppendReply>> now;
    std::vector<std::pair<raft::NodeId, raft::AppendReply>> earlier;
  };

  static Mail repeatable(Mail mail);
  void keep_answers(const Mail& mail);
  void carry(Mail mail, Micros delay);
  Micros draw_delay(const Way& way);
  void remember(const Mail& mail);

  NetworkOptions options_;
  Dice dice_;
  EventQueue& queue_;
  Coverage& coverage_;
  const Deliver deliver_;
  std::set<Way> cut_;
  std::map<Way, Micros> last_arrival_;
  std::deque<Mail> old_;  // some of what was sent, for replays; bounded
  Dice echo_dice_;
  std::map<raft::NodeId, Answers> answers_;  // bounded
  std::uint64_t messages_sent_ = 0;
};

}  // namespace sim
