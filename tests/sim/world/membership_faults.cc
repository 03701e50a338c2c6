// Members that come, go and take each other's places while everything else goes wrong.
#include <algorithm>

#include "tests/sim/world/faults.h"

namespace sim {
namespace {

constexpr std::size_t kMembersMax = 7;
constexpr Micros kTimeout = 5 * kSecond;

}  // namespace

void Faults::change_members() {
  Node* at = world_.leader();
  if (at == nullptr) return;
  const std::size_t members = at->machine().members().size();
  const std::uint64_t what = dice_.below(10);
  if (what < 4 || members <= 2) {
    if (members < kMembersMax) add_member();
  } else if (what < 7) {
    remove_member();
  } else {
    // Sometimes several at once: a joint change whose halves hardly overlap.
    const std::uint64_t times = dice_.percent(30) ? dice_.between(2, 3) : 1;
    for (std::uint64_t i = 0; i < times; ++i) replace_member();
  }
}

void Faults::add_member() {
  const raft::NodeId id = world_.next_id();
  kv::AddMemberOp add;
  add.member = {.id = id, .peer_urls = {"http://n" + std::to_string(id.value())}, .learner = true};
  add.member.promote_when_caught_up = dice_.percent(80);
  add.learners_max = 2;
  note("add a member", nullptr);
  world_.clients().write(*world_.leader(), add, kTimeout);
  world_.join(id);
}

void Faults::remove_member() {
  Node* at = world_.leader();
  const auto members = at->machine().members();
  const raft::NodeId leaving = dice_.percent(40) ? at->self() : dice_.pick(members).id;
  if (leaving == at->self()) world_.coverage().hit(Sometimes::kRemovedLeader);
  note("remove a member", world_.node(leaving));
  world_.clients().write(*at, kv::RemoveMemberOp{leaving}, kTimeout);
}

void Faults::replace_member() {
  Node* at = world_.leader();
  const auto members = at->machine().members();
  const raft::NodeId id = world_.next_id();
  kv::AddMemberOp add;
  add.member = {.id = id, .peer_urls = {"http://n" + std::to_string(id.value())}, .learner = true};
  add.member.promote_when_caught_up = true;
  add.member.replaces = dice_.pick(members).id;
  add.learners_max = 2;
  note("replace a member", nullptr);
  world_.clients().write(*at, add, kTimeout);
  world_.join(id);
}

}  // namespace sim
