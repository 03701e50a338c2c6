#include "libkv/api/turn.h"

#include <utility>

#include "libkv/api/recipe.h"
#include "libkv/api/unary.h"

namespace kv::api {
namespace {

/// The first key-value pair of a Txn's response; null when there is none.
const KeyValue* first_kv(const TxnResult& result, std::size_t response) {
  if (response >= result.responses.size()) return nullptr;
  const auto* range = std::get_if<RangeResult>(&result.responses[response].value);
  return range == nullptr || range->kvs.empty() ? nullptr : range->kvs.data();
}

rpc::Status session_expired() {
  return {rpc::Code::kUnknown, "mutex: session is expired"};
}

}  // namespace

/// Wakes a turn. Thread: that of all watches.
class Turn::Sink final : public WatchSink {
 public:
  Sink(std::weak_ptr<Turn> turn, rpc::CallPtr call, std::uint64_t number)
      : turn_(std::move(turn)), call_(std::move(call)), number_(number) {}

  void created(const WatchCreated& created) override {
    if (created.refused) wake();
  }
  void events(const WatchEvents&) override { wake(); }
  void canceled(const WatchCanceled&) override { wake(); }
  void progress(std::int64_t, std::int64_t) override {}
  void ended(WatchEnd why) override {
    const auto error = why == WatchEnd::kBroken ? status_of(ReadFault{}) : status_of(ServerError::kStopped);
    refuse(call_, recipe_error(error));
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }

 private:
  void wake() {
    call_->post([turn = turn_, number = number_] {
      if (const auto waiter = turn.lock()) waiter->woken(number);
    });
  }

  const std::weak_ptr<Turn> turn_;
  const rpc::CallPtr call_;
  const std::uint64_t number_;
};

Turn::Turn(const Context& context, rpc::CallPtr call, TurnRequest request, Ours ours)
    : context_(context), call_(std::move(call)), request_(std::move(request)), ours_(std::move(ours)) {}

void Turn::start(Caller caller) {
  caller_ = std::move(caller);
  with_lease(context_, call_, caller_, request_.lease,
             [self = shared_from_this()](std::int64_t lease) { self->join(lease); });
}

/// Waiting may have outlived a change of users and roles.
void Turn::write(TxnOp txn, WriteDone done) {
  context_.server.write(std::move(txn), std::move(done), {.principal = known_now(context_, caller_)});
}

void Turn::join(std::int64_t lease) {
  const std::string key = place_key(request_.name, lease);
  {
    const std::lock_guard lock(mutex_);
    place_.key = key;
    place_.lease = lease;
  }
  TxnOp txn;
  txn.compares.push_back(created_at(key, 0));
  txn.success.push_back({PutOp{.key = key, .value = request_.value.value_or(""), .lease = lease}});
  txn.success.push_back({oldest_of(request_.name)});
  txn.failure.push_back({RangeOp{.key = key, .range_end = {}}});
  txn.failure.push_back({oldest_of(request_.name)});
  write(std::move(txn), [self = shared_from_this()](const auto& outcome) {
    if (!outcome) return self->fail(status_of(outcome.error().error));
    if (!outcome->result) return self->fail(status_of(outcome->result.error()));
    self->joined(std::get<TxnResult>(*outcome->result), outcome->revision);
  });
}

void Turn::joined(const TxnResult& result, std::int64_t revision) {
  const KeyValue* const own = result.succeeded ? nullptr : first_kv(result, 0);
  const KeyValue* const oldest = first_kv(result, 1);
  std::unique_lock lock(mutex_);
  place_.taken = revision;
  place_.revision = own == nullptr ? revision : own->create_revision;
  const bool first = oldest == nullptr || oldest->create_revision == place_.revision;
  if (over_) {
    lock.unlock();
    return leave(place_);
  }
  lock.unlock();
  const bool other_value = own != nullptr && request_.value && own->value != *request_.value;
  call_->post([self = shared_from_this(), first, other_value] {
    if (other_value) return self->rename(first);
    self->enter(first);
  });
}

/// The lease stood there already, with another value.
void Turn::rename(bool first) {
  TxnOp txn;
  txn.compares.push_back(created_at(place_.key, place_.revision));
  txn.success.push_back({PutOp{.key = place_.key, .value = *request_.value, .lease = place_.lease}});
  write(std::move(txn), [self = shared_from_this(), first](const auto& outcome) {
    if (!outcome) return self->fail(status_of(outcome.error().error));
    if (!outcome->result) return self->fail(status_of(outcome->result.error()));
    if (!std::get<TxnResult>(*outcome->result).succeeded) return self->fail(session_expired());
    self->call_->post([self, first] { self->enter(first); });
  });
}

void Turn::enter(bool first) {
  if (first) return come(place_.taken);
  look();
}

/// What this member has applied says enough: those before us were there when our key was, and none is added.
void Turn::look() {
  const ReadView view = context_.server.local_view();
  const auto own = view.range(still_there(place_.key, place_.revision));
  if (!own) return fail(status_of(own.error()));
  if (own->kvs.empty()) return fail(session_expired());
  const auto before = view.range(one_before(request_.name, place_.revision));
  if (!before) return fail(status_of(before.error()));
  if (before->kvs.empty()) return confirm();
  wait_for(before->kvs.front().key, view.revision());
}

void Turn::wait_for(const std::string& before, std::int64_t revision) {
  stream_ = context_.server.watches().open(std::make_shared<Sink>(weak_from_this(), call_, ++waits_), {});
  bool watching = true;
  for (const std::string& key : {before, place_.key}) {
    watching =
        watching &&
        stream_->create({.key = key, .range_end = {}, .start_revision = revision + 1, .no_puts = true});
  }
  if (!watching) fail(status_of(ServerError::kTooManyRequests));
}

void Turn::woken(std::uint64_t number) {
  if (number != waits_ || stream_ == nullptr) return;
  stream_.reset();
  look();
}

/// The lease may have ended elsewhere: all that is acknowledged anywhere is asked.
void Turn::confirm() {
  context_.server.read([self = shared_from_this()](const auto& view) {
    if (!view) return self->fail(status_of(view.error().error));
    self->call_->post([self, view = *view] {
      const auto own = view.range(still_there(self->place_.key, self->place_.revision));
      if (!own) return self->fail(status_of(own.error()));
      if (own->kvs.empty()) return self->fail(session_expired());
      self->come(view.revision());
    });
  });
}

void Turn::come(std::int64_t revision) {
  {
    const std::lock_guard lock(mutex_);
    reached_ = true;
    place_.reached = revision;
  }
  ours_(place_);
}

/// abandon() follows.
void Turn::fail(rpc::Status status) {
  refuse(call_, recipe_error(std::move(status)));
}

void Turn::abandon() {
  stream_.reset();
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    if (reached_ || place_.revision == 0) return;
  }
  leave(place_);
}

void Turn::leave(const Place& place) {
  TxnOp txn;
  txn.compares.push_back(created_at(place.key, place.revision));
  txn.success.push_back({DeleteRangeOp{.key = place.key, .range_end = {}}});
  write(std::move(txn), [](const auto&) {});
}

}  // namespace kv::api
