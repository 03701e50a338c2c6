// LevelDB comes without instrumentation: what its atomics order, ThreadSanitizer cannot see. Races in our own
// code are reported as ever.
#ifdef KVD_SANITIZED

extern "C" const char* __tsan_default_suppressions() {
  return "race:libleveldb.so\n";
}

#endif
