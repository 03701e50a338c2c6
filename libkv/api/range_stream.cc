// etcdserverpb.KV/RangeStream (contract section 2.2): a range in chunks, all of one revision.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "libkv/api/caller.h"
#include "libkv/api/context.h"
#include "libkv/api/convert.h"
#include "libkv/api/encode.h"
#include "libkv/api/errors.h"
#include "libkv/api/unary.h"
#include "libkv/api/validate.h"
#include "libkv/machine/authorize.h"

namespace kv::api {
namespace {

// Keys of a chunk. There are more of them the smaller the chunks turn out, but never so many that the largest
// values would make one chunk fill the memory.
constexpr std::int64_t kChunkKeysFirst = 10;
constexpr std::int64_t kChunkKeysMax = 1000;
constexpr std::size_t kChunkBytesSmall = 786432;   // half of the largest request
constexpr std::size_t kChunkBytesLarge = 3145728;  // twice

/// What this stream does not do, in words that clients look for.
std::optional<rpc::Status> not_streamed(const etcdserverpb::RangeRequest& request) {
  const bool by_key = request.sort_target() == etcdserverpb::RangeRequest::KEY;
  const bool down = request.sort_order() == etcdserverpb::RangeRequest::DESCEND;
  if (!by_key || down) {
    return rpc::Status{rpc::Code::kUnimplemented, "RangeStream does not support custom sort orders"};
  }
  if (request.min_mod_revision() != 0 || request.max_mod_revision() != 0 ||
      request.min_create_revision() != 0 || request.max_create_revision() != 0) {
    return rpc::Status{rpc::Code::kUnimplemented, "RangeStream does not support revision filters"};
  }
  return std::nullopt;
}

/// One stream. Each chunk is work of its own, which waits while the client does not read; it holds no view
/// meanwhile, so a compaction may end it. Thread: the call's.
class ChunkedRange : public std::enable_shared_from_this<ChunkedRange> {
 public:
  ChunkedRange(const Context& context, rpc::CallPtr call, RangeOp op)
      : context_(context), call_(std::move(call)), op_(std::move(op)), limit_(op_.limit) {}

  /// `view` decides the revision.
  void begin(const ReadView& view) {
    with_caller(context_, call_, [self = shared_from_this(), view](const Caller& caller) {
      const auto check = [&self](const AuthTable& table, const Principal& principal) {
        return may_range(table, principal, self->op_);
      };
      if (auto status = refused(self->context_, caller, check))
        return refuse(self->call_, std::move(*status));
      self->count(view);
    });
  }

 private:
  void count(const ReadView& view) {
    header_ = {context_.server.origin(), view.revision()};
    if (op_.revision <= 0) op_.revision = view.revision();
    RangeOp all = op_;
    all.limit = 0;
    all.count_only = true;
    const auto counted = view.range(all);
    if (!counted) return refuse(call_, status_of(counted.error()));
    count_ = counted->count;
    if (op_.count_only) return give(*counted, true);
    next(view);
  }

  void next(const ReadView& view) {
    op_.limit = limit_ > 0 ? std::min(chunk_keys_, limit_ - given_) : chunk_keys_;
    auto page = view.page(op_);
    if (!page) return refuse(call_, status_of(page.error()));
    given_ += static_cast<std::int64_t>(page->kvs.size());
    const bool last = !page->more || given_ == limit_;
    if (last) {
      page->count = count_;
    } else {
      page->more = false;
      op_.key = page->kvs.back().key + '\0';
    }
    give(*page, last);
  }

  void give(const RangeResult& chunk, bool last) {
    std::string bytes = encode_chunk(last ? std::optional(header_) : std::nullopt, chunk);
    if (bytes.empty()) return refuse(call_, status_of(ApiError::kResponseTooLarge));
    if (last) return call_->reply(std::move(bytes));
    if (bytes.size() < kChunkBytesSmall) chunk_keys_ = std::min(2 * chunk_keys_, kChunkKeysMax);
    if (bytes.size() > kChunkBytesLarge) chunk_keys_ = std::max<std::int64_t>(chunk_keys_ / 2, 1);
    call_->send(std::move(bytes));
    call_->post([self = shared_from_this()] {
      if (self->call_->cancelled()) return;
      if (self->context_.server.is_odd()) return refuse(self->call_, status_of(ServerError::kCorrupt));
      self->next(self->context_.server.local_view());
    });
  }

  const Context& context_;
  const rpc::CallPtr call_;
  RangeOp op_;  // what is left of it
  const std::int64_t limit_;
  Header header_;
  std::int64_t count_ = 0;
  std::int64_t given_ = 0;
  std::int64_t chunk_keys_ = kChunkKeysFirst;
};

class RangeStreamCall final : public rpc::StreamHandler {
 public:
  RangeStreamCall(const Context& context, rpc::CallPtr call) : context_(context), call_(std::move(call)) {}

  void on_message(std::string_view bytes) override {
    if (std::exchange(asked_, true)) return;  // one request, whatever the client thinks
    if (auto refusal = intercept(context_, *call_, Learner::kMayNot))
      return refuse(call_, std::move(*refusal));
    MessageArena arena;
    auto& request = arena.make<etcdserverpb::RangeRequest>();
    if (!parse(call_, bytes, request)) return;
    if (const auto error = validate(request)) return refuse(call_, status_of(*error));
    if (auto refusal = not_streamed(request)) return refuse(call_, std::move(*refusal));
    const bool serializable = request.serializable();
    // Shared by the work that is posted for it, one piece after the other.
    auto range = std::make_shared<ChunkedRange>(context_, call_, to_op(request));
    if (serializable) {
      if (context_.server.is_odd()) return refuse(call_, status_of(ServerError::kCorrupt));
      return range->begin(context_.server.local_view());
    }
    context_.server.read([call = call_, range](std::expected<ReadView, RequestFailure> view) {
      if (!view) return refuse(call, status_of(view.error()));
      call->post([range, view = std::move(*view)] { range->begin(view); });
    });
  }
  void on_half_close() override {
    if (!asked_) refuse(call_, status_of(ApiError::kBadMessage));
  }
  void on_done() override {}

 private:
  const Context& context_;
  const rpc::CallPtr call_;
  bool asked_ = false;
};

}  // namespace

void register_range_stream(rpc::Server& server, const Context& context) {
  server.add_stream("/etcdserverpb.KV/RangeStream", [&context](const rpc::CallPtr& call) {
    return std::make_unique<RangeStreamCall>(context, call);
  });
}

}  // namespace kv::api
