// What ESLint holds the browser code and its tests to; types are tsc's business (assets/jsconfig.json).

import js from "@eslint/js"

const NODE = ["console", "performance", "process", "structuredClone", "TextEncoder"]

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2023, sourceType: "module" },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "array-callback-return": "error",
      "complexity": ["error", 16],
      "consistent-return": "error",
      "default-case-last": "error",
      "eqeqeq": ["error", "always", { null: "ignore" }],
      "max-len": ["error", { code: 160, ignoreTemplateLiterals: true, ignoreStrings: true, ignoreComments: true }],
      "max-lines": ["error", 400],
      "no-implicit-coercion": "error",
      "no-param-reassign": "error",
      "no-self-compare": "error",
      "no-shadow": "error",
      "no-unmodified-loop-condition": "error",
      "no-useless-concat": "error",
      "no-useless-return": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "semi": ["error", "never"],
    },
  },
  // tsc knows every name that a browser has
  { files: ["assets/**"], rules: { "no-undef": "off" } },
  { files: ["tests/**"], languageOptions: { globals: Object.fromEntries(NODE.map(name => [name, "readonly"])) } },
]
