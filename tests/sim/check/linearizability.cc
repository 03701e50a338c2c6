#include "tests/sim/check/linearizability.h"

#include <algorithm>
#include <cstddef>
#include <unordered_set>
#include <utility>

namespace sim {
namespace {

/// The state after the operation; nothing when the answer given cannot be from `state`.
std::optional<KeyState> follow(const KeyOperation& op, KeyState state) {
  switch (op.kind) {
    case KeyOperation::Kind::kRead:
      if (op.seen && *op.seen != state) return std::nullopt;
      return state;
    case KeyOperation::Kind::kPut:
      return KeyState{op.value, state.version + 1};
    case KeyOperation::Kind::kPutIfVersion: {
      const bool succeeds = state.version == op.expected;
      if (op.succeeded && *op.succeeded != succeeds) return std::nullopt;
      if (succeeds) return KeyState{op.value, state.version + 1};
      if (op.seen && *op.seen != state) return std::nullopt;
      return state;
    }
    case KeyOperation::Kind::kDelete: {
      const bool existed = state.version > 0;
      if (op.succeeded && *op.succeeded != existed) return std::nullopt;
      return KeyState{};
    }
  }
  return std::nullopt;
}

/// An end of an operation in a doubly linked list in order of time; index 0 is the head.
struct End {
  std::size_t operation = 0;
  bool is_return = false;
  std::size_t match = 0;  // of a call: the place of its return
  std::size_t before = 0;
  std::size_t after = 0;
};

class Search {
 public:
  explicit Search(const std::vector<KeyOperation>& history)
      : history_(history), done_((history.size() + 63) / 64) {
    link();
  }

  Linearizable run(std::uint64_t steps_max) {
    std::size_t at = ends_[0].after;
    while (ends_[0].after != 0) {
      if (steps_max-- == 0) return Linearizable::kGaveUp;
      if (!ends_[at].is_return) {
        at = try_call(at);
        continue;
      }
      // An operation has returned and has no place in the order: take back the last choice.
      if (chosen_.empty()) return Linearizable::kNo;
      at = take_back();
    }
    return Linearizable::kYes;
  }

 private:
  struct Choice {
    std::size_t call;
    KeyState before;
  };

  void link() {
    struct Moment {
      Micros when;
      bool is_return;
      std::size_t operation;
    };
    std::vector<Moment> moments;
    for (std::size_t i = 0; i < history_.size(); ++i) {
      moments.push_back({history_[i].invoked, false, i});
      moments.push_back({history_[i].returned, true, i});
    }
    std::sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) {
      if (a.when != b.when) return a.when < b.when;
      if (a.is_return != b.is_return) return b.is_return;  // calls first: at one instant they overlap
      return a.operation < b.operation;
    });
    ends_.resize(moments.size() + 1);
    std::vector<std::size_t> calls(history_.size());
    for (std::size_t i = 0; i < moments.size(); ++i) {
      End& end = ends_[i + 1];
      end = {moments[i].operation, moments[i].is_return, 0, i, (i + 2) % ends_.size()};
      if (end.is_return) {
        ends_[calls[end.operation]].match = i + 1;
      } else {
        calls[end.operation] = i + 1;
      }
    }
    ends_[0].after = ends_.size() > 1 ? 1 : 0;
    ends_[0].before = ends_.size() - 1;
  }

  void unlink(std::size_t at) {
    ends_[ends_[at].before].after = ends_[at].after;
    ends_[ends_[at].after].before = ends_[at].before;
  }
  void relink(std::size_t at) {
    ends_[ends_[at].before].after = at;
    ends_[ends_[at].after].before = at;
  }

  /// Puts this operation next in the order if that is possible and new; gives the place to go on at.
  std::size_t try_call(std::size_t at) {
    const std::size_t operation = ends_[at].operation;
    const auto next = follow(history_[operation], state_);
    if (next) {
      flip(operation);
      if (seen_.insert(configuration(*next)).second) {
        chosen_.push_back({at, state_});
        state_ = *next;
        unlink(at);
        unlink(ends_[at].match);
        return ends_[0].after;
      }
      flip(operation);
    }
    return ends_[at].after;
  }

  std::size_t take_back() {
    const Choice last = chosen_.back();
    chosen_.pop_back();
    state_ = last.before;
    flip(ends_[last.call].operation);
    relink(ends_[last.call].match);
    relink(last.call);
    return ends_[last.call].after;
  }

  void flip(std::size_t operation) { done_[operation / 64] ^= std::uint64_t{1} << (operation % 64); }

  using Configuration = std::vector<std::uint64_t>;
  [[nodiscard]] Configuration configuration(KeyState state) const {
    Configuration key = done_;
    key.push_back(state.value);
    key.push_back(state.version);
    return key;
  }

  struct Hash {
    std::size_t operator()(const Configuration& words) const {
      std::uint64_t hash = 0xcbf29ce484222325ULL;
      for (const std::uint64_t word : words) hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL ^ (hash >> 32);
      return hash;
    }
  };

  const std::vector<KeyOperation>& history_;
  std::vector<End> ends_;
  std::vector<std::uint64_t> done_;
  std::unordered_set<Configuration, Hash> seen_;
  std::vector<Choice> chosen_;
  KeyState state_;
};

}  // namespace

Linearizable check_key(std::vector<KeyOperation> history, std::uint64_t steps_max) {
  return Search(history).run(steps_max);
}

}  // namespace sim
