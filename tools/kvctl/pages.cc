#include "tools/kvctl/pages.h"

#include <algorithm>

namespace tools::kvctl {
namespace {

constexpr std::int64_t kPageKeysFirst = 32;
constexpr std::int64_t kPageKeysMax = 5000;
constexpr std::size_t kPageBytesLow = 512U * 1024;
constexpr std::size_t kPageBytesHigh = 4U << 20;

/// Pages by count; the count follows the size of the values.
std::int64_t next_limit(std::int64_t limit, std::size_t bytes) {
  if (bytes > kPageBytesHigh) return std::max<std::int64_t>(1, limit / 4);
  if (bytes < kPageBytesLow) return std::min(kPageKeysMax, limit * 2);
  return limit;
}

}  // namespace

KeyRange range_below(const std::string& prefix) {
  return {prefix.empty() ? std::string(1, '\0') : prefix, prefix_end(prefix)};
}

Pages::Pages(Client& client, PagesOptions options) : client_(client) {
  request_.set_key(std::move(options.range.key));
  request_.set_range_end(std::move(options.range.range_end));
  request_.set_limit(kPageKeysFirst);
  request_.set_revision(options.revision);
  request_.set_keys_only(options.keys_only);
  request_.set_serializable(options.serializable);
}

Outcome<etcdserverpb::RangeResponse> Pages::next() {
  auto page = client_.call<etcdserverpb::RangeResponse>(kRange, request_);
  if (!page) {
    Failure failure = std::move(page.error());
    if (begun_ && failure.exit == kExitLimit) {
      failure.text += " (the history was compacted while it was read; run it again)";
    }
    return refuse(std::move(failure));
  }
  // One revision for all pages: that of the first answer.
  if (request_.revision() == 0) request_.set_revision(page->header().revision());
  if (!begun_) total_ = static_cast<std::uint64_t>(page->count());
  begun_ = true;
  more_ = page->more() && page->kvs_size() > 0;
  if (more_) request_.set_key(page->kvs(page->kvs_size() - 1).key() + '\0');
  request_.set_limit(next_limit(request_.limit(), page->ByteSizeLong()));
  return page;
}

void Pages::skip_prefix(const std::string& prefix) {
  const std::string end = prefix_end(prefix);
  const bool to_the_end = end == std::string(1, '\0');
  const std::string& range_end = request_.range_end();
  if (to_the_end || (range_end != std::string(1, '\0') && end >= range_end)) {
    more_ = false;
  } else if (end > request_.key()) {
    request_.set_key(end);
  }
}

Outcome<std::int64_t> for_each_key(Client& client, PagesOptions options,
                                   const std::function<Outcome<void>(const mvccpb::KeyValue&)>& visit) {
  Pages pages(client, std::move(options));
  while (pages.more()) {
    TRY_ASSIGN(const auto page, pages.next());
    for (const auto& kv : page.kvs()) TRY(visit(kv));
  }
  return pages.revision();
}

}  // namespace tools::kvctl
