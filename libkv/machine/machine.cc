#include "libkv/machine/machine.h"

#include "libkv/machine/apply_kv.h"
#include "libkv/machine/apply_txn.h"
#include "libkv/machine/members.h"
#include "libkv/mvcc/fault.h"
#include "libkv/mvcc/generation.h"
#include "libkv/mvcc/store.h"
#include "libraft/base/check.h"

namespace kv {
namespace {

/// Applies entries to the store and to the member table.
class StoreMachine : public Machine {
 public:
  StoreMachine(std::unique_ptr<Store> store, MemberTable members)
      : store_(std::move(store)), members_(std::move(members)) {
    publish_members();
  }

  [[nodiscard]] raft::EntryId applied() const override { return store_->applied(); }

  [[nodiscard]] raft::Result<std::vector<Applied>> apply(std::span<const raft::Entry> entries) override {
    if (fault_) return raft::fail(*fault_);
    if (entries.empty()) return std::vector<Applied>();
    auto applied = apply_all(entries);
    if (!applied) fault_ = applied.error();
    return applied;
  }

  [[nodiscard]] raft::Result<bool> compact_some() override {
    if (fault_) return raft::fail(*fault_);
    auto more = store_->compact_some();
    if (!more) fault_ = more.error();
    return more;
  }

  [[nodiscard]] raft::Result<void> sync() override {
    if (fault_) return raft::fail(*fault_);
    auto synced = store_->sync();
    if (!synced) fault_ = synced.error();
    return synced;
  }

  [[nodiscard]] ReadView view() const override { return store_->view(); }
  [[nodiscard]] std::vector<MemberInfo> members() const override { return *published_members_.load(); }
  [[nodiscard]] std::uint64_t bytes_on_disk() const override { return store_->facts().bytes_on_disk; }
  [[nodiscard]] std::uint64_t bytes_in_use() const override { return store_->facts().bytes_in_use; }

 private:
  using Changed = std::expected<OperationResult, ReadFault>;

  raft::Result<std::vector<Applied>> apply_all(std::span<const raft::Entry> entries) {
    std::vector<Applied> outcomes;
    outcomes.reserve(entries.size());
    raft::Index last = store_->applied().index;
    for (const raft::Entry& entry : entries) {
      RAFT_CHECK(entry.index == last.next());
      last = entry.index;
      if (entry.type != raft::EntryType::kCommand) continue;
      ASSIGN_OR_RETURN(Applied applied, apply_one(entry));
      outcomes.push_back(std::move(applied));
    }
    RETURN_IF_ERROR(store_->commit({.index = entries.back().index, .term = entries.back().term}));
    if (members_changed_) publish_members();
    return outcomes;
  }

  raft::Result<Applied> apply_one(const raft::Entry& entry) {
    Applied applied{.index = entry.index, .origin = {}, .sequence = 0, .outcome = {}};
    auto command = decode_command(entry.bytes());
    if (!command) {
      // Written by a newer member. Every member of this version skips it; the one that waits is told.
      if (const auto header = peek_header(entry.bytes())) {
        applied.origin = header->origin;
        applied.sequence = header->sequence;
      }
      applied.outcome = {.revision = store_->revision(), .result = std::unexpected(KvError::kUnknownCommand)};
      return applied;
    }
    applied.origin = command->origin;
    applied.sequence = command->sequence;
    Changed changed = std::visit([this](auto& op) { return run(op); }, command->operation);
    if (!changed && changed.error().broken) return raft::fail(std::move(*changed.error().broken));
    applied.outcome.revision = store_->revision();
    if (changed) {
      applied.outcome.result = std::move(*changed);
    } else {
      applied.outcome.result = std::unexpected(*changed.error().refused);
    }
    return applied;
  }

  Changed run(PutOp& op) { return apply_put(*store_, std::move(op)); }
  Changed run(DeleteRangeOp& op) { return apply_delete_range(*store_, op); }
  Changed run(TxnOp& op) { return apply_txn(*store_, std::move(op)); }

  Changed run(CompactOp& op) {
    if (auto compacted = store_->compact(op.revision); !compacted) return refuse(compacted.error());
    return CompactResult{};
  }

  Changed run(PublishMemberOp& op) {
    if (const MemberInfo* const member = members_.publish(op)) {
      const auto [key, value] = member_row(*member);
      store_->put_row(key, value);
      members_changed_ = true;
    }
    return PublishMemberResult{};
  }

  void publish_members() {
    published_members_.store(std::make_shared<const std::vector<MemberInfo>>(members_.list()));
    members_changed_ = false;
  }

  const std::unique_ptr<Store> store_;
  MemberTable members_;
  bool members_changed_ = false;
  std::optional<raft::Error> fault_;  // the first fault of the disk: final
  Published<std::vector<MemberInfo>> published_members_;
};

}  // namespace

raft::Result<std::unique_ptr<Machine>> Machine::open(const MachineOptions& options) {
  RAFT_CHECK(options.env != nullptr);
  StoreOptions store_options{.env = options.env,
                             .path = options.path,
                             .value_cache_bytes = options.value_cache_bytes,
                             .first_rows = {}};
  for (const MemberInfo& member : options.members) store_options.first_rows.push_back(member_row(member));
  ASSIGN_OR_RETURN(auto store, Store::open(store_options));
  ASSIGN_OR_RETURN(const auto rows, store->rows(kMemberPrefix));
  ASSIGN_OR_RETURN(MemberTable members, MemberTable::from_rows(rows));
  return std::unique_ptr<Machine>(std::make_unique<StoreMachine>(std::move(store), std::move(members)));
}

}  // namespace kv
