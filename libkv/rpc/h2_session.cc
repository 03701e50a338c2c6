#include "libkv/rpc/h2_session.h"

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "libkv/rpc/h2_callbacks.h"
#include "libkv/rpc/h2_memory.h"
#include "libkv/rpc/limits.h"
#include "libraft/base/check.h"

namespace kv::rpc {
namespace {

constexpr std::size_t kSettingsPerFrameMax = 32;
constexpr std::size_t kContinuationsMax = 8;
constexpr std::size_t kSendHeaderBytesMax = 1 << 20;  // whether it is too much is for the peer to say
constexpr std::size_t kInlineHeadersMax = 16;         // more than any call of ours without metadata

static_assert(4 * kConsumeStepBytes <= kStreamWindowBytes);  // the peer must not run out meanwhile

using OptionPtr = std::unique_ptr<nghttp2_option, decltype(&nghttp2_option_del)>;

OptionPtr make_options() {
  nghttp2_option* made = nullptr;
  RAFT_CHECK(nghttp2_option_new(&made) == 0);
  nghttp2_option_set_no_auto_window_update(made, 1);
  // Closed streams are kept for priorities otherwise, without a bound when streams are unlimited.
  nghttp2_option_set_no_closed_streams(made, 1);
  // Our own checks (RequestHead::malformed) cost a fifth less per call than nghttp2's.
  nghttp2_option_set_no_http_messaging(made, 1);
  nghttp2_option_set_max_outbound_ack(made, kUnreadAcksMax);
  nghttp2_option_set_max_settings(made, kSettingsPerFrameMax);
  nghttp2_option_set_max_send_header_block_length(made, kSendHeaderBytesMax);
  nghttp2_option_set_max_continuations(made, kContinuationsMax);
  // Our own guard comes first and tells the client why.
  nghttp2_option_set_stream_reset_rate_limit(made, static_cast<std::uint64_t>(2 * kResetBurst),
                                             static_cast<std::uint64_t>(2 * kResetsPerSecond));
  return {made, nghttp2_option_del};
}

std::uint8_t* octets(std::string_view text) {
  // nghttp2's header fields are not const for historical reasons; it only reads.
  return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
}

/// Headers in nghttp2's form; on the stack unless there are many.
class Fields {
 public:
  explicit Fields(std::span<const Header> headers) : size_(headers.size()) {
    if (size_ > kInlineHeadersMax) many_.resize(size_);
    nghttp2_nv* field = data();
    for (const Header& header : headers) {
      const int flags = (header.name_outlives_stream ? NGHTTP2_NV_FLAG_NO_COPY_NAME : NGHTTP2_NV_FLAG_NONE) |
                        (header.value_outlives_stream ? NGHTTP2_NV_FLAG_NO_COPY_VALUE : NGHTTP2_NV_FLAG_NONE);
      *field++ = {octets(header.name), octets(header.value), header.name.size(), header.value.size(),
                  static_cast<std::uint8_t>(flags)};
    }
  }
  nghttp2_nv* data() { return many_.empty() ? few_.data() : many_.data(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  std::array<nghttp2_nv, kInlineHeadersMax> few_;
  std::vector<nghttp2_nv> many_;
};

}  // namespace

std::string h2_error_name(std::uint32_t code) {
  return nghttp2_http2_strerror(code);
}

H2Session::H2Session(const H2Options& options, H2Events& events) : events_(events), side_(options.side) {
  static const OptionPtr kOptions = make_options();
  const auto create = side_ == H2Side::kServer ? nghttp2_session_server_new3 : nghttp2_session_client_new3;
  RAFT_CHECK(create(&session_, h2_callbacks(), this, kOptions.get(), h2_memory()) == 0);
  submit_preface(options);
}

H2Session::~H2Session() {
  nghttp2_session_del(session_);
}

void H2Session::submit_preface(const H2Options& options) {
  std::array<nghttp2_settings_entry, 3> entries;
  std::size_t count = 0;
  entries[count++] = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes};
  entries[count++] = {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kHeaderListBytesMax};
  if (side_ == H2Side::kClient) {
    entries[count++] = {NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
  } else if (options.concurrent_streams_max != 0xFFFFFFFFU) {
    entries[count++] = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.concurrent_streams_max};
  }
  RAFT_CHECK(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, entries.data(), count) == 0);
  RAFT_CHECK(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindowBytes) ==
             0);
}

bool H2Session::receive(std::string_view bytes) {
  if (broken_) return false;
  const auto used = nghttp2_session_mem_recv(session_, octets(bytes), bytes.size());
  if (used >= 0) return true;
  broken_ = true;
  events_.on_violation(nghttp2_strerror(static_cast<int>(used)));
  return false;
}

void H2Session::produce(std::string& out, std::size_t bytes_max) {
  out_ = &out;
  out_bytes_max_ = bytes_max;
  while (out.size() < bytes_max) {
    const std::uint8_t* data = nullptr;
    const std::size_t before = out.size();
    const auto count = nghttp2_session_mem_send(session_, &data);
    if (count < 0) broken_ = true;
    if (count > 0) out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(count));
    // Body bytes go straight to `out`, without being counted.
    if (count < 0 || out.size() == before) break;
  }
  out_ = nullptr;
}

bool H2Session::wants_write() const {
  return !broken_ && nghttp2_session_want_write(session_) != 0;
}

bool H2Session::finished() const {
  return broken_ || (nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0);
}

void H2Session::attach(std::int32_t id, H2Stream& stream) {
  stream.id = id;
  nghttp2_session_set_stream_user_data(session_, id, &stream);
  found_id_ = id;
  found_ = &stream;
}

/// Null when the stream has no object, or is gone.
H2Stream* H2Session::find(std::int32_t id) {
  if (id != found_id_) {
    found_id_ = id;
    found_ = static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(session_, id));
  }
  return found_;
}

bool H2Session::request(H2Stream& stream, std::span<const Header> headers) {
  if (nghttp2_session_check_request_allowed(session_) == 0) return false;
  Fields fields(headers);
  const nghttp2_data_provider body = h2_body(stream);
  const std::int32_t id =
      nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(), &body, &stream);
  if (id < 0) return false;
  stream.id = id;
  return true;
}

void H2Session::respond(H2Stream& stream, std::span<const Header> headers) {
  Fields fields(headers);
  const nghttp2_data_provider body = h2_body(stream);
  nghttp2_submit_response(session_, stream.id, fields.data(), fields.size(), &body);
}

void H2Session::respond_without_body(std::int32_t id, std::span<const Header> headers) {
  Fields fields(headers);
  nghttp2_submit_response(session_, id, fields.data(), fields.size(), nullptr);
}

void H2Session::trailers(std::int32_t id, std::span<const Header> headers) {
  Fields fields(headers);
  nghttp2_submit_trailer(session_, id, fields.data(), fields.size());
}

void H2Session::resume(H2Stream& stream) {
  // An error only says that the body was not waiting.
  static_cast<void>(nghttp2_session_resume_data(session_, stream.id));
}

void H2Session::reset(std::int32_t id, H2Error error) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, static_cast<std::uint32_t>(error));
}

void H2Session::consume(H2Stream& stream, std::size_t count) {
  stream.unconsumed += count;
  if (stream.unconsumed >= kConsumeStepBytes) {
    nghttp2_session_consume_stream(session_, stream.id, std::exchange(stream.unconsumed, 0));
  }
  consume_connection(count);
}

void H2Session::consume_connection(std::size_t count) {
  unconsumed_ += count;
  if (unconsumed_ >= kConsumeStepBytes) {
    nghttp2_session_consume_connection(session_, std::exchange(unconsumed_, 0));
  }
}

void H2Session::ping() {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
}

void H2Session::shutdown_notice() {
  nghttp2_submit_shutdown_notice(session_);
}

void H2Session::goaway(H2Error error, std::string_view text) {
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session_),
                        static_cast<std::uint32_t>(error), octets(text), text.size());
}

}  // namespace kv::rpc
