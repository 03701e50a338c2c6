#include "libkv/mvcc/read_view.h"

#include "libkv/mvcc/view_impl.h"

namespace kv {

std::int64_t ReadView::revision() const {
  return impl_->facts().revision;
}

std::int64_t ReadView::compacted_revision() const {
  return impl_->facts().compacted;
}

std::expected<RangeResult, ReadFault> ReadView::range(const RangeOp& op) const {
  return read_range(impl_->sight(), op);
}

std::expected<RangeResult, ReadFault> ReadView::page(const RangeOp& op) const {
  return read_range(impl_->sight(), op, Counting::kNone);
}

}  // namespace kv
