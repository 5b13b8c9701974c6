/** What UXP has and the published types leave out: timers, modules, URLs of pictures, and handlers of a socket. */

declare function require(name: "uxp"): any;
declare function require(name: string): any;
declare var module: { exports: any };
declare function setTimeout(then: () => void, ms: number): number;
declare function clearTimeout(timer: number): void;
declare function setInterval(then: () => void, ms: number): number;
declare function clearInterval(timer: number): void;
declare function requestAnimationFrame(then: () => void): number;
declare const URL: { createObjectURL(blob: Blob): string; revokeObjectURL(url: string): void };
declare const console: { warn(...said: unknown[]): void; error(...said: unknown[]): void };
