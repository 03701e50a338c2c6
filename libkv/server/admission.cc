#include "libkv/server/admission.h"

#include <string>
#include <utility>

namespace kv {

void Admission::write(Operation operation, WriteDone done, const WriteOptions& options) {
  if (options.session) return write_once(std::move(operation), std::move(done), options);
  if (parts_.divergence.odd()) {
    return done(std::unexpected(RequestFailure{ServerError::kCorrupt, Stage::kQueued}));
  }
  if (!parts_.space.admits(operation)) return parts_.space.refuse(std::move(done));
  const std::uint32_t needed = parts_.required_version(operation);
  if (needed > kBaseVersion && needed > parts_.machine.command_version()) {
    return refuse_for_version(needed, done);
  }
  parts_.requests.propose(operation, std::move(done), options);
}

/// Not refused for space: an attempt before this one may have been applied, and only the log knows.
void Admission::write_once(Operation operation, WriteDone done, const WriteOptions& options) {
  if (parts_.divergence.odd()) {
    return done(std::unexpected(RequestFailure{ServerError::kCorrupt, Stage::kProposed}));
  }
  if (parts_.machine.command_version() < kSessionsVersion) return refuse_for_version(kSessionsVersion, done);
  if (parts_.space.admits(operation) || parts_.space.alarm()) {
    return parts_.requests.propose(operation, std::move(done), options);
  }
  parts_.space.raise_alarm(
      [this, options, operation = std::move(operation), done = std::move(done)](const auto&) mutable {
        parts_.requests.propose(operation, std::move(done), options);
      });
}

void Admission::read(ReadDone done) {
  if (parts_.divergence.odd()) {
    return done(std::unexpected(RequestFailure{ServerError::kCorrupt, Stage::kQueued}));
  }
  parts_.requests.read(std::move(done));
}

void Admission::refuse_for_version(std::uint32_t needed, const WriteDone& done) {
  const std::uint32_t has = parts_.machine.command_version();
  done(std::unexpected(RequestFailure{
      ServerError::kNotCapable, Stage::kQueued,
      "it needs version " + std::to_string(needed) + ", the cluster has " + std::to_string(has) + ": " +
          parts_.versions.lacking(VersionDesk::Clock::now(), parts_.machine.members(), needed)}));
}

}  // namespace kv
