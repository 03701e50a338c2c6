#include "libkv/watch/ring.h"

#include <utility>

#include "libraft/base/check.h"

namespace kv {

void Ring::restart(std::int64_t next) {
  revisions_.clear();
  bytes_ = 0;
  next_ = next;
  first_with_previous_ = next;
}

const RevisionEvents& Ring::push(RevisionEvents revision, bool with_previous) {
  RAFT_CHECK(revision.revision == next_);
  ++next_;
  if (!with_previous) first_with_previous_ = next_;
  bytes_ += revision.bytes;
  revisions_.push_back(std::move(revision));
  return revisions_.back();
}

void Ring::trim() {
  while (bytes_ > bytes_max_) {
    bytes_ -= revisions_.front().bytes;
    revisions_.pop_front();
  }
}

}  // namespace kv
