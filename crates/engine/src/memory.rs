//! Peak memory of this process, step by step (Linux; elsewhere the figures are 0).

/// Peak resident memory since the last [`reset_peak`], in bytes.
#[must_use]
pub fn peak_bytes() -> u64 {
    field_kib("VmHWM:") * 1024
}

/// Resident memory now, in bytes.
#[must_use]
pub fn resident_bytes() -> u64 {
    field_kib("VmRSS:") * 1024
}

/// Starts a new peak from the memory held now, so that each step gets its own figure.
pub fn reset_peak() {
    // Writing 5 resets the peak (proc(5)). Where it is refused the peak stays that of the process.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn field_kib(name: &str) -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        })
        .unwrap_or(0)
}
