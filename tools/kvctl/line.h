// Standing in line: the recipe that etcd's clients have for locks and elections, key by key, so that they and
// kvctl wait for each other.
#pragma once

#include <cstdint>
#include <string>

#include "libkv/api/proto/rpc.pb.h"
#include "tools/common/outcome.h"
#include "tools/kvctl/bell.h"
#include "tools/kvctl/client.h"
#include "tools/kvctl/dialer.h"

namespace tools::kvctl {

/// A key under NAME/ that hangs on our lease. Whoever has the oldest holds NAME.
struct Place {
  std::string name;
  std::string key;            ///< NAME/ and the lease in hexadecimal
  std::int64_t revision = 0;  ///< at which the key was created: later holders have greater ones
  std::int64_t since = 0;     ///< the store's revision when the place became the first; 0: not yet
};

/// Takes the last place. Failures: of Client::call.
Outcome<Place> join_line(Client& client, const std::string& name, std::int64_t lease,
                         const std::string& value);

/// Waits until nobody stands before us: true, and place.since is set. False: `stop` holds, or `deadline` has
/// passed.
Outcome<bool> await_turn(Client& client, Dialer& dialer, Bell& bell, Place& place, SteadyTime deadline,
                         const Condition& stop);

/// Our key, as it is now. Empty: it is gone, and the place with it.
Outcome<etcdserverpb::RangeResponse> read_place(Client& client, const Place& place);

/// The oldest key under NAME/: who holds it.
Outcome<etcdserverpb::RangeResponse> first_in_line(Client& client, const std::string& name);

}  // namespace tools::kvctl
