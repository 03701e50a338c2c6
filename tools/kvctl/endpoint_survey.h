// One question to many endpoints, each asked by itself.
#pragma once

#include <array>
#include <functional>
#include <future>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/kvctl/command.h"
#include "tools/kvctl/endpoint_answers.h"
#include "tools/kvctl/lone_client.h"

namespace tools::kvctl {

inline constexpr std::array kEndpointOptions = {
    OptionSpec{.name = "cluster", .help = "every member of the cluster, not --endpoints"},
};

/// Those of --endpoints, or with --cluster where the members say that they listen.
Outcome<std::vector<Endpoint>> endpoints_to_ask(Context& context);

/// Asks all at the same time, so that one that does not answer costs its timeout once.
template <class Answer>
std::vector<Answer> ask_all(const Context& context, const std::vector<Endpoint>& endpoints,
                            std::function<Answer(Client&, const Endpoint&)> ask) {
  std::vector<std::future<Answer>> pending;
  pending.reserve(endpoints.size());
  for (const Endpoint& endpoint : endpoints) {
    pending.push_back(std::async(std::launch::async, [&context, &endpoint, ask] {
      LoneClient client(context.client, endpoint);
      return ask(*client, endpoint);
    }));
  }
  std::vector<Answer> answers;
  answers.reserve(endpoints.size());
  for (auto& answer : pending) answers.push_back(answer.get());
  return answers;
}

/// Asks, prints the answers in the format asked for, and the failures on stderr: "Failed to get the `what` of
/// endpoint ...". Exits 1 when some do not answer; when none does, as a request would.
template <class Item, class Response>
Outcome<ExitCode> ask_and_print(Context& context, std::string_view what,
                                std::function<Outcome<Response>(Client&, const Endpoint&)> ask) {
  TRY_ASSIGN(const std::vector<Endpoint> endpoints, endpoints_to_ask(context));
  const auto answers = ask_all<Outcome<Response>>(context, endpoints, std::move(ask));
  std::vector<Item> known;
  ExitCode first_fault = kExitOk;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i]) {
      known.push_back({endpoints[i].text, *answers[i]});
      continue;
    }
    if (first_fault == kExitOk) first_fault = answers[i].error().exit;
    context.io.err << "Failed to get the " << what << " of endpoint " << endpoints[i].text << " ("
                   << answers[i].error().text << ")\n";
  }
  TRY(print(context.io.out, style_of(context.settings), known));
  if (known.size() == endpoints.size()) return kExitOk;
  return known.empty() ? first_fault : kExitNo;
}

}  // namespace tools::kvctl
