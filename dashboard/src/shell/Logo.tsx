// The mark: an A that carries a point, as Atlas carries the world.
export function Logo({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#3157d5" />
      <path d="M7.5 24 16 7l8.5 17" fill="none" stroke="#fff" strokeWidth="3.2" strokeLinecap="round" strokeLinejoin="round" />
      <circle cx="16" cy="20.5" r="2.6" fill="#fff" />
    </svg>
  );
}
