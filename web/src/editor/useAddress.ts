import { useLocation, useRouter } from "@tanstack/react-router";

/** One parameter of the address, so that what is seen can be sent; null takes it out. */
export function useAddress(name: string): [string | null, (value: string | null) => void] {
  const router = useRouter();
  useLocation({ select: (place) => place.searchStr });
  const value = new URLSearchParams(router.history.location.search).get(name);
  const put = (next: string | null) => {
    const { pathname, search } = router.history.location;
    const now = new URLSearchParams(search);
    if (next === null || next === "") now.delete(name);
    else now.set(name, next);
    const text = now.toString();
    router.history.replace(text ? `${pathname}?${text}` : pathname);
  };
  return [value, put];
}
