#include "tools/kvctl/mirror_writer.h"

#include <algorithm>

namespace tools::kvctl {
namespace {

using etcdserverpb::TxnResponse;

/// Of one transaction: a server takes 1.5 MiB, if it was told nothing else.
constexpr std::size_t kTransactionBytesMax = 1 << 20;

bool may_pass_later(const Failure& failure) {
  switch (failure.exit) {
    case kExitUnknown:
    case kExitUnavailable:
    case kExitTemporary:
    case kExitTimeout:
      return true;
    default:
      return false;
  }
}

}  // namespace

Outcome<void> MirrorWriter::put(const mvccpb::KeyValue& kv) {
  Operation operation{.key = options_.names.translate(kv.key()), .request = {}};
  auto& put = *operation.request.mutable_request_put();
  put.set_key(operation.key);
  put.set_value(kv.value());
  return add(std::move(operation));
}

Outcome<void> MirrorWriter::apply(const mvccpb::Event& event) {
  if (event.type() == mvccpb::Event::PUT) return put(event.kv());
  Operation operation{.key = options_.names.translate(event.kv().key()), .request = {}};
  operation.request.mutable_request_delete_range()->set_key(operation.key);
  return add(std::move(operation));
}

Outcome<void> MirrorWriter::add(Operation operation) {
  const std::size_t bytes = operation.request.ByteSizeLong() + operation.key.size();
  while (!pending_.empty() && (keys_.contains(operation.key) || pending_.size() >= options_.operations_max ||
                               bytes_ + bytes > kTransactionBytesMax)) {
    TRY(write_first(whole_ > 0 ? whole_ : pending_.size()));
  }
  bytes_ += bytes;
  keys_.insert(operation.key);
  pending_.push_back(std::move(operation));
  return {};
}

Outcome<void> MirrorWriter::flush() {
  if (pending_.empty()) return {};
  return write_first(pending_.size());
}

etcdserverpb::TxnRequest MirrorWriter::transaction(std::size_t count) const {
  etcdserverpb::TxnRequest request;
  for (std::size_t i = 0; i < count; ++i) {
    auto& not_newer = *request.add_compare();
    not_newer.set_key(pending_[i].key);
    not_newer.set_target(etcdserverpb::Compare::MOD);
    not_newer.set_result(etcdserverpb::Compare::LESS);
    not_newer.set_mod_revision(seen_ + 1);
    *request.add_success() = pending_[i].request;
  }
  return request;
}

Outcome<void> MirrorWriter::write_first(std::size_t count) {
  for (bool done = false; !done;) {
    const auto response = client_.call<TxnResponse>(kTxn, transaction(count));
    if (response) {
      // Refused: somebody else, or an attempt that was given up, has written there since. Now that is known.
      seen_ = response->header().revision();
      done = response->succeeded();
    } else if (!may_pass_later(response.error()) || !options_.again(response.error())) {
      return refuse(response.error());
    }
  }
  written_ += count;
  whole_ -= std::min(whole_, count);
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
  keys_.clear();
  bytes_ = 0;
  for (const Operation& left : pending_) {
    keys_.insert(left.key);
    bytes_ += left.request.ByteSizeLong() + left.key.size();
  }
  return {};
}

}  // namespace tools::kvctl
