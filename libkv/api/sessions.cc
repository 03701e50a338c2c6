#include "libkv/api/sessions.h"

#include <charconv>
#include <cstdio>
#include <string_view>
#include <utility>

#include "libkv/api/caller.h"
#include "libkv/api/errors.h"
#include "libkv/api/unary.h"

namespace kv::api {
namespace {

constexpr std::string_view kOurs = "kvd-";
constexpr std::size_t kNumberDigits = 16;

std::unexpected<rpc::Status> malformed(std::string text) {
  return std::unexpected(rpc::Status{rpc::Code::kInvalidArgument, std::move(text)});
}

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct Named {
  std::uint64_t cluster = 0;
  SessionId session;
};

std::optional<Named> parse_session(std::string_view text) {
  if (text.size() != 3 * kNumberDigits) return std::nullopt;
  const auto cluster = parse_number(text.substr(0, kNumberDigits), 16);
  const auto birth = parse_number(text.substr(kNumberDigits, kNumberDigits), 16);
  const auto nonce = parse_number(text.substr(2 * kNumberDigits), 16);
  if (!cluster || !birth || !nonce) return std::nullopt;
  return Named{.cluster = *cluster, .session = {.birth = *birth, .nonce = *nonce}};
}

/// The three values, in one pass: most calls have none of them.
struct Values {
  std::optional<std::string_view> session;
  std::optional<std::string_view> sequence;
  std::optional<std::string_view> acknowledged;

  explicit Values(const rpc::Metadata& metadata) {
    for (const auto& [name, value] : metadata) {
      if (!name.starts_with(kOurs)) continue;
      const std::string_view rest = std::string_view(name).substr(kOurs.size());
      if (rest == "session") session = value;
      if (rest == "sequence") sequence = value;
      if (rest == "acknowledged") acknowledged = value;
    }
  }
};

}  // namespace

std::string session_text(std::uint64_t cluster, const SessionId& session) {
  char text[3 * kNumberDigits + 1];
  std::snprintf(text, sizeof(text), "%016llx%016llx%016llx", static_cast<unsigned long long>(cluster),
                static_cast<unsigned long long>(session.birth),
                static_cast<unsigned long long>(session.nonce));
  return text;
}

std::expected<std::optional<SessionTag>, rpc::Status> session_of(const rpc::Metadata& metadata,
                                                                 std::uint64_t cluster) {
  const Values values(metadata);
  if (!values.session) {
    if (!values.sequence && !values.acknowledged) return std::nullopt;
    return malformed("kvd: kvd-sequence and kvd-acknowledged need kvd-session beside them");
  }
  const auto named = parse_session(*values.session);
  if (!named) return malformed("kvd: kvd-session is not what kvd.Sessions/Open gives");
  const auto sequence = parse_number(values.sequence.value_or(""), 10);
  if (!sequence || *sequence == 0) {
    return malformed("kvd: kvd-session needs kvd-sequence, a number from 1, beside it");
  }
  const auto acknowledged = parse_number(values.acknowledged.value_or("0"), 10);
  if (!acknowledged || *acknowledged >= *sequence) {
    return malformed("kvd: kvd-acknowledged must be a number below kvd-sequence");
  }
  if (named->cluster != cluster) return std::unexpected(status_of(KvError::kSessionExpired));
  return SessionTag{.session = named->session, .sequence = *sequence, .acknowledged = *acknowledged};
}

void write(const Context& context, const rpc::CallPtr& call, Operation operation, WriteDone done) {
  WriteOptions options;
  if (!call->metadata().empty()) {
    auto session = session_of(call->metadata(), context.server.origin().cluster_id);
    if (!session) return refuse(call, std::move(session.error()));
    options.session = *session;
  }
  with_caller(context, call,
              [&context, operation = std::move(operation), done = std::move(done),
               options = std::move(options)](Caller caller) mutable {
                // Members compact on their own account too.
                options.principal = std::holds_alternative<CompactOp>(operation)
                                        ? as_client(context, std::move(caller)).principal
                                        : std::move(caller);
                context.server.write(std::move(operation), std::move(done), options);
              });
}

}  // namespace kv::api
