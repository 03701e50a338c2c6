#include "libkv/api/observation.h"

#include <utility>

#include "libkv/api/convert.h"
#include "libkv/api/recipe.h"
#include "libkv/api/unary.h"

namespace kv::api {
mvccpb::KeyValue to_message(const KeyValue& kv) {
  mvccpb::KeyValue message;
  message.set_key(kv.key);
  message.set_value(kv.value);
  message.set_create_revision(kv.create_revision);
  message.set_mod_revision(kv.mod_revision);
  message.set_version(kv.version);
  message.set_lease(kv.lease);
  return message;
}

v3electionpb::LeaderResponse leader_response(const Header& header, mvccpb::KeyValue kv) {
  v3electionpb::LeaderResponse response;
  fill(header.origin, header.revision, *response.mutable_header());
  *response.mutable_kv() = std::move(kv);
  return response;
}

/// Hands on what is heard. Thread: that of all watches.
class Observation::Sink final : public WatchSink {
 public:
  Sink(std::weak_ptr<Observation> observation, rpc::CallPtr call, std::uint64_t number)
      : observation_(std::move(observation)), call_(std::move(call)), number_(number) {}

  void created(const WatchCreated& created) override {
    if (created.refused) lose();
  }
  void events(const WatchEvents& events) override {
    std::vector<mvccpb::Event> heard;
    for (const Event* event : events.events)
      heard.emplace_back().ParseFromString(std::string(event->message(false)));
    call_->post(
        [observation = observation_, number = number_, heard = std::move(heard), revision = events.revision] {
          if (const auto observer = observation.lock()) observer->heard(number, heard, revision);
        });
  }
  void canceled(const WatchCanceled&) override { lose(); }
  void progress(std::int64_t, std::int64_t) override {}
  void ended(WatchEnd why) override {
    const auto error = why == WatchEnd::kBroken ? status_of(ReadFault{}) : status_of(ServerError::kStopped);
    refuse(call_, recipe_error(error));
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return call_->queued_bytes(); }

 private:
  void lose() {
    call_->post([observation = observation_, number = number_] {
      if (const auto observer = observation.lock()) observer->lost(number);
    });
  }

  const std::weak_ptr<Observation> observation_;
  const rpc::CallPtr call_;
  const std::uint64_t number_;
};

Observation::Observation(const Context& context, rpc::CallPtr call, std::string name)
    : context_(context), call_(std::move(call)), name_(std::move(name)) {}

void Observation::begin(Caller caller) {
  caller_ = std::move(caller);
  look();
}

void Observation::look() {
  stream_.reset();
  context_.server.read([self = shared_from_this()](const auto& view) {
    if (!view) return refuse(self->call_, recipe_error(status_of(view.error().error)));
    self->call_->post([self, view = *view] { self->found(view); });
  });
}

void Observation::found(const ReadView& view) {
  if (auto status = refused_line(context_, caller_, name_)) return refuse(call_, std::move(*status));
  const auto oldest = view.range(oldest_of(name_));
  if (!oldest) return refuse(call_, recipe_error(status_of(oldest.error())));
  elected_ = !oldest->kvs.empty();
  if (!elected_) {
    RangeOp line = oldest_of(name_);
    return watch({.key = std::move(line.key),
                  .range_end = std::move(line.range_end),
                  .start_revision = view.revision() + 1,
                  .no_deletes = true});
  }
  const KeyValue& kv = oldest->kvs.front();
  tell(to_message(kv), view.revision());
  watch({.key = kv.key, .range_end = {}, .start_revision = view.revision() + 1});
}

void Observation::watch(WatchRequest request) {
  stream_ = context_.server.watches().open(std::make_shared<Sink>(weak_from_this(), call_, ++watches_), {});
  if (!stream_->create(std::move(request))) {
    refuse(call_, recipe_error(status_of(ServerError::kTooManyRequests)));
  }
}

void Observation::heard(std::uint64_t number, const std::vector<mvccpb::Event>& events,
                        std::int64_t revision) {
  if (number != watches_ || stream_ == nullptr) return;
  // Where nobody was elected, somebody stands now, and others may by the time that they are read.
  if (!elected_) return look();
  for (const auto& event : events) {
    if (event.type() == mvccpb::Event::DELETE) return look();
    tell(event.kv(), revision);
  }
}

void Observation::lost(std::uint64_t number) {
  if (number == watches_ && stream_ != nullptr) look();
}

void Observation::tell(mvccpb::KeyValue kv, std::int64_t revision) {
  call_->send(leader_response({context_.server.origin(), revision}, std::move(kv)).SerializeAsString());
}

}  // namespace kv::api
