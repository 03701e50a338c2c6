#include "tools/kvctl/conditions.h"

#include <utility>

#include "tools/common/escape.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::Compare;
using etcdserverpb::TxnResponse;

Compare compare(const std::string& key, Compare::CompareTarget target, Compare::CompareResult result) {
  Compare condition;
  condition.set_key(key);
  condition.set_target(target);
  condition.set_result(result);
  return condition;
}

Compare version_is(const std::string& key, Compare::CompareResult result, std::int64_t version) {
  Compare condition = compare(key, Compare::VERSION, result);
  condition.set_version(version);
  return condition;
}

Failure conflict(const std::string& key, const TxnResponse& response) {
  std::string text = "conflict: " + quote(key);
  const bool looked = response.responses_size() == 1 && response.responses(0).has_response_range();
  if (!looked || response.responses(0).response_range().kvs_size() == 0) {
    return {kExitConflict, text + " does not exist"};
  }
  const mvccpb::KeyValue& kv = response.responses(0).response_range().kvs(0);
  text += " has version " + std::to_string(kv.version()) + ", mod revision " +
          std::to_string(kv.mod_revision()) + ", create revision " + std::to_string(kv.create_revision());
  return {kExitConflict, text};
}

}  // namespace

Compare value_is(const std::string& key, std::string value) {
  Compare condition = compare(key, Compare::VALUE, Compare::EQUAL);
  condition.set_value(std::move(value));
  return condition;
}

std::vector<Compare> conditions(const Parsed& options, const std::string& key) {
  std::vector<Compare> all;
  if (options.on("if-absent")) all.push_back(version_is(key, Compare::EQUAL, 0));
  if (options.on("if-present")) all.push_back(version_is(key, Compare::GREATER, 0));
  if (options.given("if-version")) {
    all.push_back(version_is(key, Compare::EQUAL, options.number("if-version")));
  }
  if (options.given("if-mod-rev")) {
    all.push_back(compare(key, Compare::MOD, Compare::EQUAL));
    all.back().set_mod_revision(options.number("if-mod-rev"));
  }
  if (options.given("if-create-rev")) {
    all.push_back(compare(key, Compare::CREATE, Compare::EQUAL));
    all.back().set_create_revision(options.number("if-create-rev"));
  }
  if (options.given("if-value")) all.push_back(value_is(key, options.text("if-value")));
  return all;
}

Outcome<TxnResponse> write_if(Client& client, const std::string& key, std::vector<Compare> compares,
                              etcdserverpb::RequestOp write) {
  etcdserverpb::TxnRequest request;
  for (Compare& condition : compares) *request.add_compare() = std::move(condition);
  *request.add_success() = std::move(write);
  auto& look = *request.add_failure()->mutable_request_range();
  look.set_key(key);
  look.set_keys_only(true);
  TRY_ASSIGN(TxnResponse response, client.call<TxnResponse>(kTxn, request));
  if (!response.succeeded()) return refuse(conflict(key, response));
  if (response.responses_size() != 1) return refuse(kExitProtocol, "the answer is not of the etcd API");
  return response;
}

}  // namespace tools::kvctl
