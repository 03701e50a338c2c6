#include "tests/crash/state_script.h"

#include <memory>
#include <utility>

#include "libraft/base/random.h"

namespace crash {
namespace {

constexpr raft::NodeId kProposer{1};
constexpr std::uint64_t kKeys = 24;
constexpr int kEntriesOfInstall = 6;

std::string key_name(std::uint64_t number) {
  return "key/" + std::to_string(10 + number);
}

class StateScriptWriter {
 public:
  StateScriptWriter(std::uint64_t seed, std::size_t value_bytes_max)
      : random_(seed), value_bytes_max_(value_bytes_max) {
    script_.keys[last_] = {};
  }

  StateScript write(int steps) {
    for (int i = 0; i < steps; ++i) {
      script_.steps.push_back(i == steps / 3 || i == 2 * steps / 3 ? install() : next());
    }
    return std::move(script_);
  }

 private:
  StateStep next() {
    switch (random_.below(8)) {
      case 0:
        return Sync{};
      case 1:
        return CompactSome{};
      default:
        return entries(1 + random_.below(3));
    }
  }

  StateStep install() {
    entries(kEntriesOfInstall);
    return Install{last_};
  }

  Apply entries(std::uint64_t count) {
    Apply batch;
    for (std::uint64_t i = 0; i < count; ++i) batch.push_back(entry(operation()));
    return batch;
  }

  raft::Entry entry(const kv::Operation& operation) {
    last_ = last_.next();
    script_.keys[last_] = keys_;
    script_.entries.push_back({.index = last_,
                               .term = raft::Term(3),
                               .type = raft::EntryType::kCommand,
                               .payload = std::make_shared<const std::string>(
                                   kv::encode_command(kProposer, last_.value(), operation))});
    return script_.entries.back();
  }

  kv::Operation operation() {
    switch (random_.below(14)) {
      case 0:
        return deletion();
      case 1:
      case 2:
        return transaction();
      case 3:
        return kv::CompactOp{.revision = revision_ - 3};
      case 4:
        return kv::LeaseGrantOp{.lease = ++leases_, .ttl = 60};
      case 5:
        return kv::PublishMemberOp{
            .member = kProposer, .name = "one", .client_urls = {"http://c:" + std::to_string(last_.value())}};
      case 6:
      case 7:
        return change_of_users();
      default:
        return put();
    }
  }

  /// A user more, with the one role, whose permissions change.
  kv::Operation change_of_users() {
    switch (users_++ % 4) {
      case 0:
        return kv::UserAddOp{.name = "user/" + std::to_string(users_), .password_hash = value()};
      case 1:
        return kv::RoleAddOp{"role"};
      case 2:
        return kv::RoleGrantPermissionOp{
            .role = "role",
            .permission = {.type = kv::PermissionType::kRead, .key = value(), .range_end = ""}};
      default:
        return kv::UserGrantRoleOp{.user = "user/" + std::to_string(users_ - 3), .role = "role"};
    }
  }

  kv::PutOp put() {
    kv::PutOp op{.key = key_name(random_.below(kKeys)), .value = value()};
    if (leases_ > 0 && random_.below(4) == 0) op.lease = leases_;
    keys_[op.key] = op.value;
    ++revision_;
    return op;
  }

  kv::DeleteRangeOp deletion() {
    const std::uint64_t first = random_.below(kKeys);
    kv::DeleteRangeOp op{.key = key_name(first), .range_end = key_name(first + 2)};
    const auto from = keys_.lower_bound(op.key);
    const auto to = keys_.lower_bound(op.range_end);
    if (from != to) ++revision_;
    keys_.erase(from, to);
    return op;
  }

  /// If the key exists, it moves; else it is made.
  kv::TxnOp transaction() {
    const std::string key = key_name(random_.below(kKeys));
    const std::string other = key + "/moved";
    const kv::Op made{kv::PutOp{.key = key, .value = value()}};
    kv::TxnOp op{
        .compares = {{.result = kv::Compare::Result::kGreater, .key = key, .range_end = "", .value = ""}},
        .success = {{kv::DeleteRangeOp{.key = key, .range_end = ""}},
                    {kv::PutOp{.key = other, .value = key}}},
        .failure = {made}};
    ++revision_;
    if (keys_.erase(key) > 0) {
      keys_[other] = key;
    } else {
      keys_[key] = std::get<kv::PutOp>(made.value).value;
    }
    return op;
  }

  std::string value() {
    std::string bytes(random_.below(value_bytes_max_), '\0');
    for (std::size_t at = 0; at < bytes.size(); at += 1 + random_.below(700)) bytes[at] = 'x';
    return bytes;
  }

  raft::Random random_;
  const std::size_t value_bytes_max_;
  StateScript script_;
  Keys keys_;
  raft::Index last_{1};
  std::int64_t revision_ = 1;
  std::int64_t leases_ = 0;
  std::uint64_t users_ = 0;
};

}  // namespace

StateScript make_state_script(std::uint64_t seed, int steps, std::size_t value_bytes_max) {
  return StateScriptWriter(seed, value_bytes_max).write(steps);
}

}  // namespace crash
