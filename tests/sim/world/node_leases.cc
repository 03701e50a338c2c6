// The time of leases on one member, as libkv/server/lease_desk.cc has it: the leader counts, by a clock that
// is right whatever the rate of its ticks.
#include <utility>

#include "tests/sim/world/node.h"

namespace sim {
namespace {

/// Commands of the members themselves are numbered above those of clients.
constexpr std::uint64_t kFirstKeeperCommand = 1ULL << 60U;

}  // namespace

kv::LeaseKeeper::Time Node::keeper_time() const {
  return kv::LeaseKeeper::Time(std::chrono::microseconds(around_.queue.now()));
}

void Node::follow_leader() {
  const raft::CoreStatus status = replica_->status();
  if (status.role != raft::RoleName::kLeader) return keeper_->follow();
  if (keeper_->leads() && leads_in_ == status.term) return;
  leads_in_ = status.term;
  keeper_->lead(leads_in_, keeper_time(), machine_->leases().table().list());
}

void Node::tick_leases() {
  if (!running()) return;
  kv::LeaseKeeper::Work work = keeper_->tick(keeper_time());
  if (work.checkpoint) propose_of_keeper(*work.checkpoint);
  for (const kv::LeaseExpireOp& op : work.expire) propose_of_keeper(op);
}

void Node::propose_of_keeper(const kv::Operation& operation) {
  const std::uint64_t number = kFirstKeeperCommand + (self_.value() << 40U) + next_keeper_command_++;
  propose(std::make_shared<const std::string>(kv::encode_command(self_, number, operation)));
}

void Node::take_lease_outcome(const kv::OperationResult& result) {
  if (const auto* grant = std::get_if<kv::LeaseGrantResult>(&result)) {
    keeper_->granted(grant->lease, grant->ttl, keeper_time());
  } else if (const auto* revoke = std::get_if<kv::LeaseRevokeResult>(&result)) {
    if (revoke->expired) around_.coverage.hit(Sometimes::kLeaseExpired);
    keeper_->ended(revoke->lease);
  } else if (const auto* told = std::get_if<kv::LeaseCheckpointResult>(&result)) {
    for (const kv::LeaseRemaining& one : told->leases) keeper_->checkpointed(one);
  }
}

void Node::keep_alive(std::uint64_t ticket, std::int64_t lease) {
  if (!keeper_->leads()) return;
  lease_questions_[ticket] = {.lease = lease, .asked = keeper_->stamp(keeper_time())};
  read(ticket);
}

void Node::reads_ready(const std::vector<std::uint64_t>& tickets) {
  std::vector<std::uint64_t> others;
  for (const std::uint64_t ticket : tickets) {
    if (lease_questions_.contains(ticket)) {
      renew(ticket);
    } else {
      others.push_back(ticket);
    }
  }
  if (!others.empty()) events_.reads_ready(self_, others, machine_->view());
}

void Node::renew(std::uint64_t ticket) {
  const auto node = lease_questions_.extract(ticket);
  const LeaseQuestion& question = node.mapped();
  switch (keeper_->renew(question.lease, question.asked, keeper_time())) {
    case kv::Renewal::kRenewed:
      return events_.renewed(ticket, machine_->leases().table().find(question.lease)->ttl);
    case kv::Renewal::kUnknown:
      return events_.renewed(ticket, 0);
    case kv::Renewal::kReset:
      around_.coverage.hit(Sometimes::kLeaseToldAnew);
      return propose_of_keeper(kv::LeaseCheckpointOp{.term = leads_in_, .leases = {{question.lease, 0}}});
    case kv::Renewal::kEnding:
    case kv::Renewal::kNotLeading:
      return;
  }
}

}  // namespace sim
