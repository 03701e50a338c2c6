// What /proc says of this process.
#pragma once

namespace kv::api {

/// What the system counts of this process, for the process_* metrics.
struct ProcessStats {
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double cpu_seconds = 0;
  double open_files = 0;
  double open_files_max = 0;
  double start_time_seconds = 0;  ///< since 1970
};

ProcessStats process_stats();

}  // namespace kv::api
